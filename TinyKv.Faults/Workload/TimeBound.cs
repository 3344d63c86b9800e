using TinyKv.Core;

namespace TinyKv.Faults.Workload;

/// <summary>What must be over soon.</summary>
internal static class TimeBound
{
    /// <summary>Waits for something no longer than a bound.</summary>
    /// <exception cref="TinyKvException">It is not over then; says what was to be done.</exception>
    public static async Task WithinAsync(
        TimeSpan bound, string what, Func<CancellationToken, Task> run, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(bound);
        try
        {
            await run(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TinyKvException($"{what} not within {bound.TotalSeconds} s", e);
        }
    }
}
