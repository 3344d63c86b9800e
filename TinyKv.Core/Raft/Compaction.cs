namespace TinyKv.Core.Raft;

/// <summary>
/// Decides when a member compacts its log. A checkpoint takes the place of its beginning and carries the rest, so it is
/// made seldom, and only when it drops at least as much as it carries: all checkpoints together cost no more than the log.
/// </summary>
/// <remarks>
/// What is compacted must be in the engine for good, because nothing could bring it back there after a power cut. The
/// engine does not sync what it applies, so it is asked to once a checkpoint would be worth it.
/// </remarks>
internal sealed class Compaction(RaftOptions options, RaftLog log)
{
    private long _synced = log.Truncated.Index; // the engine has this much for good
    private bool _awaitsSync;
    private bool _isUnderWay; // a checkpoint is on its way to the journal

    /// <summary>The engine has everything up to <paramref name="index"/> for good.</summary>
    public void Synced(long index)
    {
        _synced = Math.Max(_synced, index);
        _awaitsSync = false;
    }

    /// <summary>Whether the engine should be asked to sync. True once for each answer.</summary>
    /// <param name="applied">What it has applied.</param>
    /// <param name="compactIndex">Up to where nobody else needs the log, by the word of the leader.</param>
    public bool WantsSync(long applied, long compactIndex)
    {
        if (_awaitsSync || _isUnderWay || !IsWorth(Math.Min(applied, compactIndex))) return false;
        return _awaitsSync = true;
    }

    /// <summary>Begins a checkpoint when it is time for one.</summary>
    /// <returns>The last position that it leaves out, or null.</returns>
    public LogPosition? Begin(long compactIndex)
    {
        var end = Math.Min(_synced, compactIndex);
        if (_isUnderWay || !IsWorth(end)) return null;
        _isUnderWay = true;
        return log.PositionAt(end);
    }

    /// <summary>The checkpoint is in the journal.</summary>
    public void End() => _isUnderWay = false;

    /// <summary>The log begins behind a snapshot at <paramref name="index"/> now, which the engine has for good.</summary>
    public void Installed(long index)
    {
        Synced(index);
        _isUnderWay = false;
    }

    // Under a load that many bytes wait for the state machine, the rest may be as long as these are allowed to be; a longer
    // one, of a member that lags, has to make room for much more than it takes.
    private bool IsWorth(long end)
    {
        if (log.Last.Index - log.Truncated.Index <= options.MaxLogEntries && log.Bytes <= options.MaxLogBytes) return false;
        if (end <= log.Truncated.Index) return false;
        var rest = log.BytesAfter(end);
        return end - log.Truncated.Index >= log.Last.Index - end
            && log.Bytes - rest >= (rest <= Math.Max(options.MaxLogBytes, options.MaxPendingBytes) ? rest : 8 * rest);
    }
}
