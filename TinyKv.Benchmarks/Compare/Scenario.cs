using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Ycsb;

namespace TinyKv.Benchmarks.Compare;

/// <summary>One line of the comparison: the same load on each system.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Clients">Clients of the closed loop.</param>
/// <param name="TinyKv">How TinyKv is reached.</param>
internal abstract record Scenario(string Name, int Clients, TargetKind TinyKv)
{
    private const int Many = 256;

    /// <summary>The first: what warms up a system, and fills it, is done as here.</summary>
    public static Simple First { get; } = new("puts, 256 clients", OperationKind.Put, Many, TargetKind.TinyKvClient);

    /// <summary>All there are. Those of YCSB come last and begin with its load phase.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        First,
        new Simple("puts, 256 clients, single calls", OperationKind.Put, Many, TargetKind.TinyKvSingleCalls),
        new Simple("puts, 256 clients, stub", OperationKind.Put, Many, TargetKind.TinyKvStub),
        new Simple("puts, 256 clients, remoting", OperationKind.Put, Many, TargetKind.TinyKvRemoting),
        new Simple("puts, 1 client", OperationKind.Put, 1, TargetKind.TinyKvClient),
        new Simple("puts, 1 client, stub", OperationKind.Put, 1, TargetKind.TinyKvStub),
        new Simple("gets, 256 clients", OperationKind.Get, Many, TargetKind.TinyKvClient),
        new Simple("gets, 256 clients, single calls", OperationKind.Get, Many, TargetKind.TinyKvSingleCalls),
        new Simple("gets, 256 clients, stub", OperationKind.Get, Many, TargetKind.TinyKvStub),
        new Simple("gets, 256 clients, remoting", OperationKind.Get, Many, TargetKind.TinyKvRemoting),
        new Simple("batches of 64 puts, 64 clients", OperationKind.Batch, 64, TargetKind.TinyKvClient),
        new Simple("batches of 64 puts, 64 clients, remoting", OperationKind.Batch, 64, TargetKind.TinyKvRemoting),
        new Simple("puts, 1000/s", OperationKind.Put, 0, TargetKind.TinyKvClient) { Rate = 1000 },
        new Simple("gets, 1000/s", OperationKind.Get, 0, TargetKind.TinyKvClient) { Rate = 1000 },
        new YcsbLoad("YCSB load", Many, TargetKind.TinyKvClient),
        .. YcsbMix.All.Select(mix => new Ycsb($"YCSB {mix.Name}", mix, Many, TargetKind.TinyKvClient)),
    ];

    /// <summary>Operations a second of the open loop, or 0.</summary>
    public int Rate { get; init; }

    /// <summary>The number that counts: keys a second for a closed loop of many, else the median latency.</summary>
    public bool IsThroughput => Clients > 1;

    /// <summary>One kind of operation.</summary>
    internal sealed record Simple(string Name, OperationKind Kind, int Clients, TargetKind TinyKv)
        : Scenario(Name, Clients, TinyKv);

    /// <summary>YCSB's load phase.</summary>
    internal sealed record YcsbLoad(string Name, int Clients, TargetKind TinyKv) : Scenario(Name, Clients, TinyKv);

    /// <summary>A workload of YCSB on what its load phase has written.</summary>
    internal sealed record Ycsb(string Name, YcsbMix Mix, int Clients, TargetKind TinyKv)
        : Scenario(Name, Clients, TinyKv);
}
