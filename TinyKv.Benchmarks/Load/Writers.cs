using System.Diagnostics;

namespace TinyKv.Benchmarks.Load;

/// <summary>Clients that write without end, and the longest time in which none of their writes was acknowledged.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private const int Clients = 16;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly Func<byte[], CancellationToken, Task> _put;
    private readonly Action<string> _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _clients;
    private TimeSpan _longest;
    private long _last = Stopwatch.GetTimestamp();
    private long _acknowledged;
    private long _failed;

    /// <summary>They begin at once.</summary>
    /// <param name="put">Writes a key, with any value.</param>
    /// <param name="log">Is told of writes that failed.</param>
    public Writers(Func<byte[], CancellationToken, Task> put, Action<string> log)
    {
        (_put, _log) = (put, log);
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(WriteAsync));
    }

    /// <summary>Writes that were acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Writes that failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>The longest pause since <see cref="Reset"/> that has ended, and when the last write was acknowledged.</summary>
    public (TimeSpan Longest, long Last) Pause
    {
        get
        {
            lock (_lock) return (_longest, _last);
        }
    }

    /// <summary>Pauses count from now on.</summary>
    public void Reset()
    {
        lock (_lock) (_last, _longest) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
    }

    /// <summary>Ends when another write was acknowledged.</summary>
    public async Task AcknowledgedAsync(CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        while (Pause.Last <= since) await Task.Delay(Poll, cancellation);
    }

    /// <summary>They end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clients;
        _stop.Dispose();
    }

    private async Task WriteAsync(int client)
    {
        byte[] key = [(byte)'g', (byte)client];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _put(key, _stop.Token);
                Note();
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref _failed);
                _log($"a write failed: {e.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Note()
    {
        Interlocked.Increment(ref _acknowledged);
        lock (_lock)
        {
            var pause = Stopwatch.GetElapsedTime(_last);
            if (pause > _longest) _longest = pause;
            _last = Stopwatch.GetTimestamp();
        }
    }
}
