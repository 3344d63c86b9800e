using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Messages;

/// <summary>What the state machine of a region holds? Answered with <see cref="Described"/>.</summary>
internal sealed record Describe
{
    public static Describe Instance { get; } = new();
}

/// <summary>The state machine holds everything up to <paramref name="Applied"/>.</summary>
/// <param name="Record">What the engine says of the region.</param>
/// <param name="Applied">The last entry that is applied.</param>
internal sealed record Described(RegionRecord Record, LogPosition Applied)
{
    /// <summary>The last entry of the snapshot that was installed and that the journal does not begin behind yet; null when
    /// there is none.</summary>
    public LogPosition? Snapshot { get; init; }
}

/// <summary>Commands that are in the log now; whoever asked for them is answered when their fate is known.</summary>
internal sealed record TrackProposals(ImmutableArray<PendingProposal> Proposals);

/// <summary>
/// For long nobody is heard who could decide about the awaited commands: whoever waits is told that the outcome is unknown.
/// </summary>
internal sealed record ForgetOutcomes
{
    public static ForgetOutcomes Instance { get; } = new();
}

/// <summary>Who asked for the command at a position; for commands that share an entry, one behind the other.</summary>
internal readonly record struct PendingProposal(LogPosition Position, IActorRef Asker);

/// <summary>Committed entries, following the ones before. Answered with <see cref="EntriesApplied"/>.</summary>
internal sealed record ApplyEntries(ImmutableArray<Entry> Entries);

/// <summary>
/// To the parent: a committed entry cannot be read. The state machine applies nothing any more, because to skip the
/// entry would be divergence.
/// </summary>
internal sealed record Unreadable(LogPosition Position, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"the committed entry {Position} cannot be read: {Reason}";
}

/// <summary>
/// The members or the keys of a region have changed, as of what is applied here: to the peer and the parents. With a tombstone
/// the replica is gone: it had to be stopped, and its keys are removed.
/// </summary>
internal sealed record RegionChanged(RegionRecord Record)
{
    /// <summary>The replica that a split has made; null when there was none.</summary>
    public RegionRecord? Child { get; init; }
}

/// <summary>The replica was removed by the change of members to <paramref name="ConfVer"/> or before, as others say; to its
/// state machine.</summary>
internal sealed record ReplicaRemoved(ulong ConfVer);

/// <summary>Everything up to <paramref name="Index"/> is in the state machine.</summary>
internal sealed record EntriesApplied(long Index);

/// <summary>
/// Make durable what is applied; <paramref name="Applied"/> is what the asker knows to be. Answered with
/// <see cref="EngineSynced"/>.
/// </summary>
internal sealed record SyncEngine(long Applied);

/// <summary>Everything up to <paramref name="Applied"/> is durable in the engine.</summary>
internal sealed record EngineSynced(long Applied) : IDeadLetterSuppression;

/// <summary>Reads that leadership in <paramref name="Term"/> was confirmed for; served at <paramref name="Index"/>
/// or later.</summary>
internal sealed record ServeReads(long Index, long Term, ImmutableArray<IActorRef> Askers);
