using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>A copy of another member's engine, in place of entries that are compacted there.</summary>
public sealed partial class RaftCore
{
    private (PeerId Leader, long Term) _offered; // by whom the last snapshot was
    private SnapshotOffered? _fetch;

    /// <summary>
    /// The host has pinned its engine as of <paramref name="index"/> for a member that fetches it, or still gives it out. The
    /// log behind that index stays until the member has it, unless it is not heard for an election timeout: call this again
    /// with each part that it fetches.
    /// </summary>
    public void SnapshotPinned(PeerId peer, long index)
    {
        RequireStart();
        Invariant.Holds(index <= _applied, $"a snapshot at {index} of what is applied up to {_applied}");
        (_role as Leader)?.SnapshotPinned(peer, index);
    }

    /// <summary>
    /// Whether a snapshot would bring this member on. Ask before anything of the engine is replaced.
    /// </summary>
    /// <remarks>
    /// A log that has the position already lacks nothing up to there, and what is behind it may have been acknowledged.
    /// </remarks>
    public bool CanInstall(LogPosition position) => position.Index > Log.Commit && position.Term <= Term
        && !Log.Matches(position) && !HasLostData && Role != RoleKind.Leader;

    /// <summary>
    /// The engine holds a snapshot for good, which ends at <paramref name="position"/>: the log begins there, as the
    /// checkpoint says that these effects hand out. When it is durable, the leader is told.
    /// </summary>
    /// <param name="position">The last entry that is in the snapshot.</param>
    /// <param name="configuration">The members as of there.</param>
    /// <exception cref="InvariantViolationException">It brings this member on no more.</exception>
    public Effects Installed(LogPosition position, Configuration configuration)
    {
        RequireStart();
        Invariant.Holds(CanInstall(position), $"a snapshot at {position} is installed over {Log.Commit} in term {Term}");
        if (Role != RoleKind.Follower) Follow(Term, PeerId.None);
        Log.Install(position, configuration);
        _compaction.Installed(position.Index);
        _applied = position.Index;
        _compactThrough = position;
        return Drain();
    }

    /// <summary>
    /// After the replay: the state machine was given a snapshot that ends at <paramref name="position"/>, and a crash may have
    /// come before the checkpoint that <see cref="Installed"/> hands out. Only before <see cref="Start"/>.
    /// </summary>
    /// <param name="position">The last entry that is in the snapshot.</param>
    /// <param name="configuration">The members as of there.</param>
    /// <returns>What must be durable before the start; null when the journal has the position.</returns>
    /// <exception cref="InvariantViolationException">The journal has lost the term that the snapshot was installed
    /// in.</exception>
    public RaftCheckpoint? Recover(LogPosition position, Configuration configuration)
    {
        Invariant.Holds(!_started, $"a snapshot is recovered after the start");
        if (position.Index <= Log.Truncated.Index || Log.Matches(position)) return null;
        Invariant.Holds(position.Term <= Term, $"a snapshot at {position} was installed, and the journal ends in term {Term}");
        Log.Install(position, configuration);
        Log.EndWrite();
        _compaction.Installed(position.Index);
        return new RaftCheckpoint(
            _initial with { Truncated = position, Configuration = configuration }, new RaftRecord(Term, Vote, []));
    }

    /// <summary>
    /// Whether the checkpoint of a snapshot is on its way to the journal. Nothing can be acknowledged before: what a leader
    /// sends meanwhile it sends again.
    /// </summary>
    internal bool IsInstalling => _checkpoints.Count > 0 && _checkpoints.Any(static checkpoint => checkpoint.IsOfSnapshot);

    /// <summary>The leader of the term has compacted what this member lacks, and offers a snapshot.</summary>
    internal void Fetch(PeerId leader, LogPosition atLeast)
    {
        _offered = (leader, Term);
        _fetch = new SnapshotOffered(leader, atLeast);
    }

    private void AcknowledgeSnapshot()
    {
        if (_offered == (_role.LeaderId, Term)) SendDurable(_offered.Leader, new RaftMessage.Appended(Log.Truncated.Index));
    }
}
