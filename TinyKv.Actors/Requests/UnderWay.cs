namespace TinyKv.Actors.Requests;

/// <summary>
/// The calls that are executed together with others and have no reply yet: counts them, and ends those whose callers wait
/// no longer. One look in a while at all of them takes the place of a timer for each. From any thread.
/// </summary>
/// <param name="inFlight">Counts all requests, these among them.</param>
/// <param name="timeout">How long a call waits that does not say so itself.</param>
/// <param name="time">The clock.</param>
internal sealed class UnderWay(InFlight inFlight, TimeSpan timeout, TimeProvider time)
{
    // So much longer than they asked for may callers wait.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly List<RawCall> _overdue = [];
    private RawCall? _first;
    private RawCall? _last;
    private ITimer? _timer;
    private bool _looks;

    /// <summary>Counts a call, unless it has ended already; false when there is no room.</summary>
    public bool TryEnter(RawCall call)
    {
        if (!inFlight.TryEnter(call.Bytes)) return false;
        var wait = call.Timeout > TimeSpan.Zero ? call.Timeout : timeout;
        lock (_lock)
        {
            call.Place = new UnderWayPlace { Deadline = DeadlineIn(wait), Previous = _last };
            if (_last is null) _first = call;
            else _last.Place.Next = call;
            _last = call;
            if (!_looks) LookLater();
        }
        if (!call.TryBegin(this)) Leave(call);
        return true;
    }

    /// <summary>A call that was counted has its reply. Told once.</summary>
    public void Leave(RawCall call)
    {
        lock (_lock)
        {
            var (previous, next) = (call.Place.Previous, call.Place.Next);
            if (previous is null) _first = next;
            else previous.Place.Next = next;
            if (next is null) _last = previous;
            else next.Place.Previous = previous;
            (call.Place.Previous, call.Place.Next) = (null, null);
        }
        inFlight.Leave(call.Bytes);
    }

    private long DeadlineIn(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? long.MaxValue
        : time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);

    // A store where nothing is asked for is not woken.
    private void LookLater()
    {
        _looks = true;
        _timer ??= time.CreateTimer(
            static self => ((UnderWay)self!).EndOverdue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }

    private void EndOverdue()
    {
        // Only one looks at a time.
        var now = time.GetTimestamp();
        lock (_lock)
        {
            for (var call = _first; call is not null; call = call.Place.Next)
                if (call.Place.Deadline <= now) _overdue.Add(call);
        }
        foreach (var call in _overdue) call.Cancel();
        _overdue.Clear();
        lock (_lock)
        {
            _looks = false;
            if (_first is not null) LookLater();
        }
    }
}

/// <summary>Where a call stands among those under way, and until when.</summary>
internal struct UnderWayPlace
{
    /// <summary>The call before it.</summary>
    public RawCall? Previous;

    /// <summary>The call after it.</summary>
    public RawCall? Next;

    /// <summary>When its caller waits no longer, as a time stamp.</summary>
    public long Deadline;
}
