using TinyKv.Protocol.Links;

namespace TinyKv.Client.Grpc;

/// <summary>
/// Looks once in a while at what waits over a stream, and asks a store that is silent for a sign of life: one timer and one
/// question for all callers, and none while nobody waits.
/// </summary>
internal sealed class SilenceWatch : IDisposable
{
    private readonly Outbox _outbox;
    private readonly TimeSpan _patience;
    private readonly Func<Task<bool>> _isAlive;
    private readonly Func<StoreCallException> _giveUp;
    private readonly TimeSpan _period;
    private readonly Timer _timer;
    private int _looks;

    /// <param name="outbox">What waits.</param>
    /// <param name="patience">How long a store may be silent; negative: for ever.</param>
    /// <param name="isAlive">Whether the store gives a sign of life, when asked for it.</param>
    /// <param name="giveUp">The store gave none: what those are told that wait.</param>
    public SilenceWatch(Outbox outbox, TimeSpan patience, Func<Task<bool>> isAlive, Func<StoreCallException> giveUp)
    {
        (_outbox, _patience, _isAlive, _giveUp) = (outbox, patience, isAlive, giveUp);
        _period = TimeSpan.FromMilliseconds(Math.Max(10, patience.TotalMilliseconds / 4));
        _timer = new Timer(static self => _ = ((SilenceWatch)self!).LookAsync(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Somebody waits.</summary>
    public void Start()
    {
        if (_patience < TimeSpan.Zero || Volatile.Read(ref _looks) != 0 || Interlocked.Exchange(ref _looks, 1) != 0) return;
        LookLater();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async Task LookAsync()
    {
        var unheard = _outbox.Unheard(Environment.TickCount64 - (long)_patience.TotalMilliseconds);
        if (unheard is null)
        {
            Volatile.Write(ref _looks, 0);
            // Who came in between has seen that it looks.
            if (_outbox.Unheard(0) is not null) Start();
            return;
        }
        try
        {
            if (unheard.Count > 0) await AskAsync(unheard);
        }
        finally
        {
            LookLater();
        }
    }

    private async Task AskAsync(IReadOnlyList<PendingCall> unheard)
    {
        bool lives;
        try
        {
            lives = await _isAlive();
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        // Asking took a while: answers may have come meanwhile.
        var waiting = unheard.Where(call => !call.Task.IsCompleted).ToList();
        if (lives) waiting.ForEach(call => call.HeardOf = Environment.TickCount64);
        else if (waiting.Count > 0)
        {
            var why = _giveUp();
            waiting.ForEach(call => call.TrySetException(why.As(why.MayBeDone)));
        }
    }

    private void LookLater()
    {
        try
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The stream has ended, and with it all waiting.
        }
    }
}
