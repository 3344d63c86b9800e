namespace TinyKv.Core.Raft;

/// <summary>
/// How far others may raise a member's term now. Elections take time, so terms rise with time: whoever claims more has not
/// counted elections, and a term at <see cref="RaftLimits.MaxNumber"/> would end them for ever. All members are allowed the
/// same, so whoever drives some of them away from the others needs about as long for it as they need to come together again.
/// A member that starts is allowed everything at once.
/// </summary>
internal sealed class TermAllowance(RaftOptions options)
{
    private long _left = RaftLimits.MaxTermStep;

    /// <summary>Time passes.</summary>
    public void Tick() => _left = Math.Min(RaftLimits.MaxTermStep, _left + RaftLimits.TermsPerTick(options));

    /// <summary>Takes what may be raised of <paramref name="gap"/>, or 0. The smallest step costs
    /// <see cref="RaftLimits.MinTermStep"/>: each one is written to the journal, however small.</summary>
    public long Take(long gap)
    {
        if (_left < RaftLimits.MinTermStep) return 0;
        var step = Math.Min(gap, _left);
        _left -= Math.Max(step, RaftLimits.MinTermStep);
        return step;
    }
}
