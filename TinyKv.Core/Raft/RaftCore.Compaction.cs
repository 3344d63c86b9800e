namespace TinyKv.Core.Raft;

/// <summary>
/// How the log is compacted: the engine is synced, a checkpoint is stored, the memory is freed.
/// </summary>
public sealed partial class RaftCore
{
    private readonly InitialState _initial;
    private readonly Compaction _compaction;
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

    /// <summary>The <see cref="Effects.Checkpoint"/> is durable: the memory of what it replaces is freed.</summary>
    public void Checkpointed()
    {
        Log.Compact(_compaction.End());
        _role.Compacted();
    }

    private void Compact()
    {
        var compactIndex = _role.CompactIndex;
        _compactThrough = _compaction.Begin(compactIndex);
        _wantsSync = _compaction.WantsSync(_applied, compactIndex);
    }

    // Made after the record of the same effects was begun: it says what all records say that were handed out.
    private RaftCheckpoint CheckpointAt(LogPosition end) => new(
        _initial with { Truncated = end, Configuration = Log.Configurations.At(end.Index) },
        new RaftRecord(Term, Vote, Log.Slice(end.Index + 1, Log.Last.Index - end.Index, long.MaxValue)));
}
