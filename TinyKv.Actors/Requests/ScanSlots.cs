using System.Threading.RateLimiting;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Caps the scans that run at once: each holds an engine snapshot, a thread, and a page of memory, and
/// must leave some of them to point reads and to Raft.
/// </summary>
/// <param name="count">How many scans run at once.</param>
/// <param name="readers">Runs them; null: each on a thread of its own, for the pool's threads carry heartbeats.</param>
internal sealed class ScanSlots(int count, TaskScheduler? readers = null)
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(5);

    // How many can wait is bounded where requests come in.
    private readonly ConcurrencyLimiter _slots = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = count,
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>The refusal of a scan that got no slot.</summary>
    public static RegionError Busy { get; } =
        new RegionError.ServerIsBusy("too many scans are running", BackoffMs: 500);

    /// <summary>Waits a while for a slot, behind those that wait already; null when none became free. Dispose it to free
    /// the slot.</summary>
    public async Task<IDisposable?> EnterAsync(CancellationToken cancellation)
    {
        if (_slots.AttemptAcquire() is { IsAcquired: true } free) return free;
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        wait.CancelAfter(WaitTimeout);
        try
        {
            return await _slots.AcquireAsync(1, wait.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Runs what reads much.</summary>
    public Task<T> ReadAsync<T>(Func<T> read) => Task.Factory.StartNew(
        read, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        readers ?? TaskScheduler.Default);
}
