using System.Collections.Immutable;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Stores;

namespace TinyKv.Core.Raft;

/// <summary>What a peer begins with: the first event in its journal.</summary>
/// <param name="Configuration">The members of the group, as of <paramref name="Truncated"/>.</param>
/// <param name="Truncated">The position before the first entry of the log.</param>
public sealed record InitialState(Configuration Configuration, LogPosition Truncated)
{
    /// <summary>The position before the first entry that a region ever has, as in TinyKV.</summary>
    public static LogPosition Origin { get; } = new(5, 5);

    /// <summary>The data directory of the store, which the journal belongs to wherever it is kept.</summary>
    public DirectoryId Directory { get; init; }
}

/// <summary>
/// One durable step: what changed on stable storage, all of it or nothing. The entries override everything
/// that was stored before from the first one's index on.
/// </summary>
/// <param name="Term">The current term after the step.</param>
/// <param name="Vote">Whom the peer voted for in that term; <see cref="PeerId.None"/> for nobody.</param>
/// <param name="Entries">Consecutive; empty when only term or vote changed.</param>
public sealed record RaftRecord(long Term, PeerId Vote, ImmutableArray<Entry> Entries);

/// <summary>
/// All that the events before it say, without the beginning of the log: they are deleted once it is durable. A replay
/// begins with the last one.
/// </summary>
/// <param name="Initial">The position before the first entry that is left, and the members as of there.</param>
/// <param name="Record">Term, vote and the entries that are left.</param>
public sealed record RaftCheckpoint(InitialState Initial, RaftRecord Record);
