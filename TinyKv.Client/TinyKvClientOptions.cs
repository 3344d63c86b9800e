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
    /// Over gRPC, sends short requests of all callers over one stream to each store, many in a message, which serves many
    /// callers at once far better than a call for each. A store that has no streams is asked by single calls all the same;
    /// behind a proxy that lets no stream through, switch this off.
    /// </summary>
    public bool UseStreams { get; init; } = true;

    /// <summary>
    /// How long <see cref="TinyKvClient.ConnectAsync"/> and <see cref="TinyKvClient.GetStoreStatusesAsync"/> continue while no
    /// endpoint takes a connection, or none says anything over it: stores that restart take none for some seconds. Null: as
    /// long as <see cref="Timeout"/>. Where somebody waits for the answer who may have mistaken the address, a second is
    /// better.
    /// </summary>
    public TimeSpan? UnreachableTimeout { get; init; }

    /// <summary>
    /// Is told, in words for people, why a call has to wait before its next attempt; from any thread, often, and it must
    /// not block. Null: nobody is told.
    /// </summary>
    public Action<string>? OnWaiting { get; init; }

    /// <summary>
    /// Repeats a write whose outcome is unknown instead of throwing
    /// <see cref="TinyKvUndeterminedException"/>. Harmless when nobody else writes the same keys meanwhile,
    /// as in an import; otherwise the repetition may overwrite what others wrote after the first attempt
    /// took effect. Conditional writes are never repeated: the condition would be another one by then.
    /// </summary>
    public bool RetryUndeterminedWrites { get; init; }
}
