namespace TinyKv.Actors.Transport;

/// <summary>
/// Watches whether another store hears this one. Each speaks over a connection of its own, of which the other may have lost
/// its end, which nobody notices who only sends. So every batch has a number, and says which batch of the receiver's was the
/// last to arrive.
/// </summary>
/// <param name="incarnation">This store's; what was said to an earlier one does not count.</param>
/// <param name="timeout">How long a store that speaks may not hear what was sent, while more is being sent.</param>
internal sealed class LinkWatch(ulong incarnation, TimeSpan timeout)
{
    // Who says nothing at all is most likely not there, and then another connection is of no use.
    private const int SilentFactor = 3;

    private ulong _sent;
    private bool _spoke;
    private (ulong Number, TimeSpan At)? _unheard;

    /// <summary>The incarnation of the last batch that arrived; 0 before there was one.</summary>
    public ulong HeardIncarnation { get; private set; }

    /// <summary>The number of the last batch that arrived.</summary>
    public ulong HeardNumber { get; private set; }

    /// <summary>When that was; zero before there was one.</summary>
    public TimeSpan LastHeard { get; private set; }

    /// <summary>When something left last; zero before that.</summary>
    public TimeSpan LastSent { get; private set; }

    /// <summary>A batch leaves; its number.</summary>
    public ulong Send(TimeSpan now)
    {
        _sent++;
        // After a silence the wait starts over: the other side had nothing to say either, so it could confirm nothing.
        if (_unheard is null || now - LastSent >= timeout) (_unheard, _spoke) = ((_sent, now), false);
        LastSent = now;
        return _sent;
    }

    /// <summary>A batch has arrived.</summary>
    /// <param name="from">The sender's incarnation.</param>
    /// <param name="number">The batch's number.</param>
    /// <param name="heardIncarnation">Which incarnation of this store the sender has heard last.</param>
    /// <param name="heardNumber">Which batch of it.</param>
    /// <param name="now">The time.</param>
    public void Receive(ulong from, ulong number, ulong heardIncarnation, ulong heardNumber, TimeSpan now)
    {
        (HeardIncarnation, HeardNumber) = (from, number);
        Spoke(now);
        if (heardIncarnation == incarnation && heardNumber >= _unheard?.Number) _unheard = null;
    }

    /// <summary>The other store has said something that does not tell what it has heard.</summary>
    public void Spoke(TimeSpan now) => (LastHeard, _spoke) = (now, true);

    /// <summary>The other store has answered what this incarnation has sent: it has heard everything.</summary>
    public void Answered(TimeSpan now)
    {
        Spoke(now);
        _unheard = null;
    }

    /// <summary>Whether the connection should be re-established; says so once per timeout.</summary>
    public bool IsDead(TimeSpan now)
    {
        if (_unheard is not { } unheard || now - unheard.At < timeout * (_spoke ? 1 : SilentFactor))
            return false;
        _unheard = null;
        return true;
    }
}
