using System.Diagnostics;
using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Load;

/// <summary>Puts load on a target and measures.</summary>
internal static class LoadGenerator
{
    private static readonly double[] Percentiles = [50, 90, 99, 99.9, 100];

    private static readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> NoKinds =
        new Dictionary<string, IReadOnlyDictionary<string, double>>();

    // So long after the end an operation that was due before it is waited for.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    // A system that stalls must not exhaust the generator; what waits here is late and counted as late.
    private const int MaxOpenOperations = 50_000;

    /// <summary>Runs a workload.</summary>
    /// <param name="target">The system.</param>
    /// <param name="workload">What it is asked to do.</param>
    /// <param name="plan">How much.</param>
    /// <param name="servers">The system's processes.</param>
    /// <param name="cancellation">Ends the run without a result.</param>
    public static Task<Measurement> RunAsync(
        ITarget target, IWorkload workload, LoadPlan plan, IReadOnlyList<int> servers, CancellationToken cancellation) =>
        RunWhileAsync(target, workload, plan, servers, () => Task.Delay(plan.Duration, cancellation), cancellation);

    /// <summary>Runs a workload and counts while something else goes on, whatever the plan's duration.</summary>
    public static async Task<Measurement> RunWhileAsync(
        ITarget target, IWorkload workload, LoadPlan plan, IReadOnlyList<int> servers, Func<Task> other,
        CancellationToken cancellation)
    {
        var recorder = new Recorder();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var load = plan.Rate > 0
            ? OpenLoopAsync(target, workload, plan.Rate, recorder, stop.Token, abandon.Token)
            : ClosedLoopAsync(target, workload, plan.Clients, recorder, stop.Token);

        await Task.Delay(plan.Warmup, cancellation);
        var (own, theirs, start) = (OwnTime(), ProcessorTime.Of(servers), Stopwatch.GetTimestamp());
        recorder.Begin();
        await other();
        recorder.End();
        var elapsed = Stopwatch.GetElapsedTime(start);
        (own, theirs) = (OwnTime() - own, ProcessorTime.Of(servers) - theirs);

        await stop.CancelAsync();
        abandon.CancelAfter(DrainTimeout);
        await load;
        return Summarize(recorder, workload, elapsed, own, theirs);
    }

    /// <summary>Runs so many operations, however long that takes.</summary>
    public static async Task<Measurement> RunOnceAsync(
        ITarget target, IWorkload workload, long operations, int clients, IReadOnlyList<int> servers,
        CancellationToken cancellation)
    {
        var recorder = new Recorder();
        recorder.Begin();
        var (own, theirs, start) = (OwnTime(), ProcessorTime.Of(servers), Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(ClientAsync, cancellation)));
        var elapsed = Stopwatch.GetElapsedTime(start);
        cancellation.ThrowIfCancellationRequested();
        return Summarize(recorder, workload, elapsed, OwnTime() - own, ProcessorTime.Of(servers) - theirs);

        async Task ClientAsync()
        {
            while (!cancellation.IsCancellationRequested && Interlocked.Decrement(ref operations) >= 0)
                await recorder.RunAsync(() => workload.RunAsync(target, cancellation));
        }
    }

    // Each client sends when it has its answer: measures throughput. Its latencies leave out what a client that
    // waits does not send.
    private static Task ClosedLoopAsync(
        ITarget target, IWorkload workload, int clients, Recorder recorder, CancellationToken stop)
    {
        return Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(ClientAsync, CancellationToken.None)));

        async Task ClientAsync()
        {
            while (!stop.IsCancellationRequested)
                await recorder.RunAsync(() => workload.RunAsync(target, stop));
        }
    }

    // Operations begin when they are due, whether or not earlier ones have ended, and their latency counts from when
    // they were due: a stall is seen by all operations that fall into it, also by those that end when the time is over.
    private static async Task OpenLoopAsync(
        ITarget target, IWorkload workload, int rate, Recorder recorder, CancellationToken stop, CancellationToken abandon)
    {
        using var room = new SemaphoreSlim(MaxOpenOperations);
        var start = Stopwatch.GetTimestamp();
        for (var sent = 0L; !stop.IsCancellationRequested;)
        {
            var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate);
            for (; sent < due; sent++)
            {
                await room.WaitAsync(CancellationToken.None);
                _ = OneAsync(start + (long)((double)sent / rate * Stopwatch.Frequency));
            }
            await Task.Delay(1, CancellationToken.None);
        }
        for (var i = 0; i < MaxOpenOperations; i++) await room.WaitAsync(CancellationToken.None);

        async Task OneAsync(long since)
        {
            await Task.Yield();
            await recorder.RunDueAsync(() => workload.RunAsync(target, abandon), since);
            room.Release();
        }
    }

    private static Measurement Summarize(
        Recorder recorder, IWorkload workload, TimeSpan elapsed, TimeSpan own, TimeSpan theirs)
    {
        var operations = recorder.Operations;
        var keys = operations * workload.KeysPerOperation;
        return new Measurement
        {
            OperationsPerSecond = operations / elapsed.TotalSeconds,
            KeysPerSecond = keys / elapsed.TotalSeconds,
            Milliseconds = ByPercentile(recorder.Milliseconds),
            MillisecondsByKind = recorder.Kinds.Count < 2 ? NoKinds : recorder.Kinds.ToDictionary(
                kind => kind, IReadOnlyDictionary<string, double> (kind) =>
                    ByPercentile(percentile => recorder.Milliseconds(kind, percentile))),
            ServerMicrosecondsPerKey = theirs.TotalMicroseconds / Math.Max(1, keys),
            ClientMicrosecondsPerOperation = own.TotalMicroseconds / Math.Max(1, operations),
            Errors = recorder.Errors,
        };
    }

    private static Dictionary<string, double> ByPercentile(Func<double, double> milliseconds) =>
        Percentiles.ToDictionary(percentile => percentile == 100 ? "max" : $"p{percentile}", milliseconds);

    private static TimeSpan OwnTime() => Environment.CpuUsage.TotalTime;
}
