namespace TinyKv.Benchmarks.Targets;

/// <summary>Which system, and how it is reached.</summary>
/// <param name="Name">As the command line names it.</param>
/// <param name="Client">As a table names what is asked through.</param>
/// <param name="Connect">Connects, given host:port of some members and how many connections to use.</param>
internal sealed record TargetKind(
    string Name, string Client, Func<IReadOnlyList<string>, int, CancellationToken, Task<ITarget>> Connect)
{
    /// <summary>TinyKv through its .NET client. A build that has no streams is asked by single calls, by this one too.</summary>
    public static TargetKind TinyKvClient { get; } =
        new("tinykv", "TinyKvClient, stream", TinyKvClientTarget.ConnectAsync);

    /// <summary>TinyKv through its .NET client, by a gRPC call for each request.</summary>
    public static TargetKind TinyKvSingleCalls { get; } =
        new("tinykv-single-calls", "TinyKvClient, single calls", TinyKvClientTarget.ConnectWithoutStreamsAsync);

    /// <summary>TinyKv through its .NET client over Akka.Remote.</summary>
    public static TargetKind TinyKvRemoting { get; } =
        new("tinykv-remoting", "TinyKvClient, remoting", TinyKvClientTarget.ConnectRemotingAsync);

    /// <summary>TinyKv through the bare gRPC stub: the difference is what the client costs.</summary>
    public static TargetKind TinyKvStub { get; } = new("tinykv-stub", "stub", TinyKvStubTarget.ConnectAsync);

    /// <summary>etcd through the bare gRPC stub.</summary>
    public static TargetKind Etcd { get; } = new("etcd", "stub", EtcdTarget.ConnectAsync);

    /// <summary>All there are.</summary>
    public static IReadOnlyList<TargetKind> All { get; } = [TinyKvClient, TinyKvSingleCalls, TinyKvRemoting, TinyKvStub, Etcd];
}
