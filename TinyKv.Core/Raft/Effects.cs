using System.Collections.Immutable;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>A member's part in its group.</summary>
public enum RoleKind
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,

    /// <summary>Asks whether an election could be won, before disturbing anybody.</summary>
    PreCandidate,

    /// <summary>Asks for votes.</summary>
    Candidate,

    /// <summary>Leads.</summary>
    Leader,
}

/// <summary>A read may be served once everything up to <paramref name="Index"/> is applied.</summary>
/// <param name="Context">The number that the host gave the read.</param>
/// <param name="Index">The read index.</param>
public readonly record struct ReadGrant(long Context, long Index);

/// <summary>
/// What the host owes the core after one input. <see cref="SendNow"/> may leave at once. <see cref="Store"/>
/// is written as one journal event; <see cref="SendDurable"/> leaves only when this record and all earlier
/// ones are durable (also when <see cref="Store"/> is null), after which the host calls <see
/// cref="RaftCore.Stored"/>.
/// </summary>
public sealed record Effects
{
    /// <summary>Nothing to do.</summary>
    public static Effects None { get; } = new();

    /// <summary>To the journal, or null.</summary>
    public RaftRecord? Store { get; init; }

    /// <summary>
    /// To the journal, behind <see cref="Store"/>, or null. Nothing waits for it. When it is durable the host calls <see
    /// cref="RaftCore.Checkpointed"/> and deletes all events before it.
    /// </summary>
    public RaftCheckpoint? Checkpoint { get; init; }

    /// <summary>
    /// Whether the engine should be synced. The host then calls <see cref="RaftCore.EngineSynced"/> with what had been
    /// applied when the sync began.
    /// </summary>
    public bool SyncEngine { get; init; }

    /// <summary>
    /// Messages that promise nothing durable: a leader's appends and heartbeats, polls, refusals.
    /// </summary>
    public ImmutableArray<RaftEnvelope> SendNow { get; init; } = [];

    /// <summary>Votes, requests for votes and acknowledgements.</summary>
    public ImmutableArray<RaftEnvelope> SendDurable { get; init; } = [];

    /// <summary>Entries that became committed and are durable here, ascending, each exactly once.</summary>
    public ImmutableArray<Entry> Apply { get; init; } = [];

    /// <summary>Reads that are confirmed now.</summary>
    public ImmutableArray<ReadGrant> Reads { get; init; } = [];

    /// <summary>Contexts of reads that cannot be confirmed any more: leadership was lost.</summary>
    public ImmutableArray<long> ReadsDropped { get; init; } = [];

    /// <summary>Set when role, term or known leader changed.</summary>
    public LeadershipChange? Changed { get; init; }

    /// <summary>
    /// Set when the members are others than before: an entry that says so was appended, or such an entry was replaced.
    /// </summary>
    public Configuration? Configuration { get; init; }

    /// <summary>
    /// Whether this peer is a member no more, by an entry in <see cref="Apply"/>: once that is applied, the peer ends for ever.
    /// </summary>
    public bool Removed { get; init; }

    /// <summary>
    /// A snapshot that this member needs to come up to date, again and again until it has one. The host fetches it, and calls
    /// <see cref="RaftCore.Installed"/> when the engine has it for good.
    /// </summary>
    public SnapshotOffered? FetchSnapshot { get; init; }

    /// <summary>Set when the message contradicts the protocol and was not taken.</summary>
    public Refusal? Refused { get; init; }

    /// <summary>What is new about members that have lost what they acknowledged.</summary>
    public ImmutableArray<DataLossReport> DataLoss { get; init; } = [];
}

/// <summary>
/// A message that no member that follows the protocol sends, except for a term that somebody else has raised too far. It was
/// not taken; the host counts it and tells a person.
/// </summary>
/// <param name="From">Who sent it, by its own words.</param>
/// <param name="Reason">What it contradicts, for people; it does not name the sender.</param>
public sealed record Refusal(PeerId From, string Reason);

/// <summary>A snapshot of a leader's engine, at some position or later.</summary>
public readonly record struct SnapshotOffered(PeerId From, LogPosition AtLeast);

/// <summary>Who leads, as this member knows it.</summary>
public readonly record struct LeadershipChange(RoleKind Role, long Term, PeerId Leader);
