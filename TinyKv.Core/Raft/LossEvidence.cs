namespace TinyKv.Core.Raft;

/// <summary>
/// What a member has been told of its own <see cref="DataLoss"/>. One message may be wrong: the loss is confirmed only
/// when the leader has said so again and again for an election timeout, and nothing denied it in that time.
/// </summary>
/// <remarks>
/// Of a real loss only heartbeats that left before it was noticed say otherwise. They are few, and each delays the
/// confirmation by an election timeout at most.
/// </remarks>
internal sealed class LossEvidence(PeerId self, RaftOptions options)
{
    private long _since; // the tick of the first word after a silence or a denial
    private long _latest; // the tick of the last one
    private long _round; // the newest round that said so
    private long? _deniedSince; // the tick of the first denial since the last word
    private bool _isConfirmed;

    /// <summary>The loss; null while nothing speaks for one.</summary>
    public DataLoss? Loss { get; private set; }

    /// <summary>Whether the leader of <paramref name="term"/> itself has said so.</summary>
    public bool IsOf(long term) => Loss is { } loss && loss.Term == term;

    /// <summary>
    /// A heartbeat of the leader of <paramref name="term"/> says what we acknowledged, and we hold only what ends in
    /// <paramref name="held"/> of that.
    /// </summary>
    /// <returns>What is new, or null.</returns>
    public DataLossReport? Told(long term, RaftMessage.Heartbeat heartbeat, LogPosition held, long tick)
    {
        var acknowledged = heartbeat.Acknowledged;
        if (held == acknowledged) return IsOf(term) ? Denied(heartbeat.Round, tick) : null;
        var isNew = !IsOf(term);
        if (isNew) (_round, _isConfirmed) = (0, false);
        if (isNew || _deniedSince is not null || tick - _latest >= options.ElectionTicks) _since = tick;
        (_latest, _round, _deniedSince) = (tick, Math.Max(_round, heartbeat.Round), null);
        // A late heartbeat tells of an earlier acknowledgement.
        if (isNew || acknowledged.Index >= Loss!.Value.Acknowledged.Index)
            Loss = new DataLoss(self, term, acknowledged, held);
        if (isNew) return new DataLossReport(Loss!.Value, DataLossStage.Found);
        if (_isConfirmed || tick - _since < options.ElectionTicks) return null;
        _isConfirmed = true;
        return new DataLossReport(Loss!.Value, DataLossStage.Confirmed);
    }

    /// <summary>
    /// The log ends in an entry of <paramref name="term"/> now, and agrees with that term's leader up to there.
    /// </summary>
    /// <returns>What is new, or null.</returns>
    /// <remarks>The leader of a later term has everything that was committed before it, and so have we then.</remarks>
    public DataLossReport? CaughtUp(long term) => Loss is { } loss && term > loss.Term ? Clear() : null;

    private DataLossReport? Denied(long round, long tick)
    {
        // A leader forgets no acknowledgement: if we had given it, a later round would ask for it as well.
        if (round > _round) return Clear();
        // This one is late; or it is not, and what was claimed had a round that never was.
        _deniedSince ??= tick;
        return tick - _deniedSince >= options.ElectionTicks ? Clear() : null;
    }

    private DataLossReport Clear()
    {
        var report = new DataLossReport(Loss!.Value, DataLossStage.Cleared);
        Loss = null;
        return report;
    }
}
