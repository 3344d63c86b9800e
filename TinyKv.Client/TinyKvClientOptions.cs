namespace TinyKv.Client;

/// <summary>How to reach a cluster: over gRPC, or as <see cref="TinyKvRemotingOptions"/> over Akka.Remote.</summary>
public record TinyKvClientOptions
{
    /// <summary>host:port of one or more stores. The others are learnt from them.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = ["127.0.0.1:20160"];

    /// <summary>How long one call may take, all retries included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a store may be silent before it is asked for a sign of life; without one it counts
    /// as hung, and others are tried.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long opening a connection, or a sign of life, may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Repeats a write whose outcome is unknown instead of throwing
    /// <see cref="TinyKvUndeterminedException"/>. Harmless when nobody else writes the same keys meanwhile,
    /// as in an import; otherwise the repetition may overwrite what others wrote after the first attempt
    /// took effect. Conditional writes are never repeated: the condition would be another one by then.
    /// </summary>
    public bool RetryUndeterminedWrites { get; init; }
}
