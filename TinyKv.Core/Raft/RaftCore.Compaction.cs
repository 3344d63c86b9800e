namespace TinyKv.Core.Raft;

/// <summary>
/// How the log is compacted: the engine is synced, a checkpoint is stored, the memory is freed.
/// </summary>
public sealed partial class RaftCore
{
    private readonly InitialState _initial;
    private readonly Compaction _compaction;
    private readonly Queue<(LogPosition End, bool IsOfSnapshot)> _checkpoints = new(); // on their way to the journal
    private LogPosition? _compactThrough; // by the checkpoint that leaves with the next effects
    private bool _wantsSync;

    /// <summary>
    /// The engine has all for good that was applied when the sync began: everything up to <paramref name="index"/>.
    /// </summary>
    public Effects EngineSynced(long index)
    {
        RequireStart();
        Invariant.Holds(index <= _applied, $"the engine is synced up to {index}, only {_applied} was applied");
        _compaction.Synced(index);
        Compact();
        return Drain();
    }

    /// <summary>
    /// The oldest <see cref="Effects.Checkpoint"/> that was not reported yet is durable: the memory of what it replaces is
    /// freed, and the leader told of what a snapshot has brought.
    /// </summary>
    public Effects Checkpointed()
    {
        Invariant.Holds(_checkpoints.Count > 0, $"a checkpoint was reported durable that was never handed out");
        var (end, isOfSnapshot) = _checkpoints.Dequeue();
        if (isOfSnapshot)
        {
            Log.EndWrite();
            if (end == Log.Truncated) AcknowledgeSnapshot();
        }
        else if (end.Index > Log.Truncated.Index) // or a snapshot came after it
        {
            Log.Compact(end);
            _compaction.End();
            _role.Compacted();
        }
        return Drain();
    }

    private void Compact()
    {
        var compactIndex = _role.CompactIndex;
        _compactThrough = _compaction.Begin(compactIndex);
        _wantsSync = _compaction.WantsSync(_applied, compactIndex);
    }

    // Made after the record of the same effects was begun: it says what all records say that were handed out.
    private RaftCheckpoint CheckpointAt(LogPosition end)
    {
        _checkpoints.Enqueue((end, end == Log.Truncated));
        return new RaftCheckpoint(
            _initial with { Truncated = end, Configuration = Log.Configurations.At(end.Index) },
            new RaftRecord(Term, Vote, Log.Slice(end.Index + 1, Log.Last.Index - end.Index, long.MaxValue)));
    }
}
