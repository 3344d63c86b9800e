using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Raft;

// Time: what the core's ticks are made of.
internal sealed partial class RaftPeer
{
    // In election timeouts: a majority that is there has elected somebody by then, even where elections fail.
    private const int LongWithoutLeader = 10;

    private TimeSpan _ticked;
    private int _leaderless; // messages of the ticker since somebody was known to lead

    // One by one, so that ticks cannot pile up behind a slow turn.
    private void AwaitTick() => _spec.Ticker.Tell(Ticker.AwaitTick.Instance, Self);

    /// <summary>Without leases a late tick only delays an election, so one message is one tick.</summary>
    private void PassTick()
    {
        if (_spec.Options.LeaseReads) CatchUp();
        else Perform(_core.Tick());
    }

    // What this peer has proposed while it led is decided by whoever leads next, mostly soon.
    private void GiveUpOutcomes()
    {
        _leaderless = _core.Leader == PeerId.None ? _leaderless + 1 : 0;
        if (_leaderless == LongWithoutLeader * _spec.Options.ElectionTicks) _spec.Applier.Tell(ForgetOutcomes.Instance);
    }

    /// <summary>
    /// A lease is measured in the core's ticks: after a pause of this process they must have passed before anything is
    /// answered or heard, or an expired lease would look valid.
    /// </summary>
    private void CatchUp()
    {
        if (!_spec.Options.LeaseReads) return;
        var now = Context.System.Scheduler.MonotonicClock;
        for (; now - _ticked >= _spec.TickInterval; _ticked += _spec.TickInterval) Perform(_core.Tick());
    }
}
