namespace TinyKv.Benchmarks.Targets;

/// <summary>Which system, and how it is reached.</summary>
/// <param name="Name">As the command line names it.</param>
/// <param name="Connect">Connects, given host:port of some members and how many connections to use.</param>
internal sealed record TargetKind(
    string Name, Func<IReadOnlyList<string>, int, CancellationToken, Task<ITarget>> Connect)
{
    /// <summary>TinyKv through its .NET client.</summary>
    public static TargetKind TinyKvClient { get; } = new("tinykv", TinyKvClientTarget.ConnectAsync);

    /// <summary>TinyKv through its .NET client over Akka.Remote.</summary>
    public static TargetKind TinyKvRemoting { get; } =
        new("tinykv-remoting", TinyKvClientTarget.ConnectRemotingAsync);

    /// <summary>TinyKv through the bare gRPC stub: the difference is what the client costs.</summary>
    public static TargetKind TinyKvStub { get; } = new("tinykv-stub", TinyKvStubTarget.ConnectAsync);

    /// <summary>etcd through the bare gRPC stub.</summary>
    public static TargetKind Etcd { get; } = new("etcd", EtcdTarget.ConnectAsync);

    /// <summary>All there are.</summary>
    public static IReadOnlyList<TargetKind> All { get; } = [TinyKvClient, TinyKvRemoting, TinyKvStub, Etcd];
}
