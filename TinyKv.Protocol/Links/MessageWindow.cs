namespace TinyKv.Protocol.Links;

/// <summary>
/// How many messages are on their way to a store that has not taken them yet. Akka.Remote takes a message at once and keeps
/// it; without a window each request of many callers would be a message of its own. With one, requests gather while messages
/// are on their way, and a caller that is alone waits for nothing. Not thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class MessageWindow(TimeProvider time)
{
    // One that arrives while another is sent; more would carry less each.
    private const int Size = 2;

    // A store that has too much to send leaves messages without any answer.
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(1);

    private ITimer? _timer;
    private Action? _reopened;
    private int _open;
    private long _lastSent;
    private bool _acknowledges;
    private bool _armed;

    /// <summary>Whether the next message waits. A store that has never acknowledged one may not know how to.</summary>
    public bool IsFull => _acknowledges && _open >= Size && UntilLost > TimeSpan.Zero;

    private TimeSpan UntilLost => LostAfter - time.GetElapsedTime(_lastSent);

    /// <summary>A message is on its way.</summary>
    public void Sent()
    {
        // Those that are waited for no longer got lost.
        if (_acknowledges && _open >= Size) _open = 0;
        _open++;
        _lastSent = time.GetTimestamp();
    }

    /// <summary>The store has taken one.</summary>
    public void Taken()
    {
        if (_open == 0) return; // it answers whether it knows such messages
        _open--;
        _acknowledges = true;
    }

    /// <summary>Whatever was on its way is gone, and the next to answer may be of another version.</summary>
    public void Clear() => (_open, _acknowledges) = (0, false);

    /// <summary>Something waits for the window: has it called, from another thread, when acknowledgements are waited for no
    /// longer.</summary>
    public void CallWhenLost(Action reopened)
    {
        if (_armed) return;
        (_armed, _reopened) = (true, reopened);
        _timer ??= time.CreateTimer(
            static self => ((MessageWindow)self!)._reopened!(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // A timer may come a moment early, and must not be set to no time at all then.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(UntilLost.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    /// <summary>It was called.</summary>
    public void Called() => _armed = false;
}
