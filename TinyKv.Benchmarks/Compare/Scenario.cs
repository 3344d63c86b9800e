using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Compare;

/// <summary>One line of the comparison: the same load on each system.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Kind">The operation.</param>
/// <param name="Clients">Clients of the closed loop.</param>
/// <param name="Rate">Operations a second of the open loop, or 0.</param>
/// <param name="TinyKv">How TinyKv is reached.</param>
internal sealed record Scenario(string Name, OperationKind Kind, int Clients, int Rate, TargetKind TinyKv)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("puts, 256 clients", OperationKind.Put, 256, 0, TargetKind.TinyKvClient),
        new("puts, 256 clients, stub", OperationKind.Put, 256, 0, TargetKind.TinyKvStub),
        new("puts, 256 clients, remoting", OperationKind.Put, 256, 0, TargetKind.TinyKvRemoting),
        new("puts, 1 client", OperationKind.Put, 1, 0, TargetKind.TinyKvClient),
        new("puts, 1 client, stub", OperationKind.Put, 1, 0, TargetKind.TinyKvStub),
        new("gets, 256 clients", OperationKind.Get, 256, 0, TargetKind.TinyKvClient),
        new("gets, 256 clients, stub", OperationKind.Get, 256, 0, TargetKind.TinyKvStub),
        new("gets, 256 clients, remoting", OperationKind.Get, 256, 0, TargetKind.TinyKvRemoting),
        new("batches of 64 puts, 64 clients", OperationKind.Batch, 64, 0, TargetKind.TinyKvClient),
        new("batches of 64 puts, 64 clients, remoting", OperationKind.Batch, 64, 0, TargetKind.TinyKvRemoting),
        new("puts, 1000/s", OperationKind.Put, 0, 1000, TargetKind.TinyKvClient),
        new("gets, 1000/s", OperationKind.Get, 0, 1000, TargetKind.TinyKvClient),
    ];

    /// <summary>The number that counts: keys a second for a closed loop of many, else the median latency.</summary>
    public bool IsThroughput => Clients > 1;
}
