using System.Diagnostics;
using TinyKv.Benchmarks.Load;

namespace TinyKv.Benchmarks.Idle;

/// <summary>What the threads of one name use, together.</summary>
/// <param name="Name">Theirs.</param>
/// <param name="PercentOfCore">Processor time.</param>
/// <param name="SwitchesPerSecond">Context switches.</param>
internal sealed record ThreadUse(string Name, double PercentOfCore, double SwitchesPerSecond);

/// <summary>What one store uses while nobody asks it for anything.</summary>
/// <param name="Build">Which program it runs.</param>
/// <param name="Store">Its number.</param>
/// <param name="Leads">How many regions it leads.</param>
/// <param name="PercentOfCore">Processor time, of threads that have ended as well.</param>
/// <param name="Threads">By name.</param>
internal sealed record StoreUse(
    string Build, int Store, int Leads, double PercentOfCore, IReadOnlyList<ThreadUse> Threads)
{
    /// <summary>Context switches.</summary>
    public double SwitchesPerSecond => Threads.Sum(thread => thread.SwitchesPerSecond);
}

/// <summary>Measures what a process uses from now on.</summary>
internal sealed class IdleMeter(int processId)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _time = ProcessorTime.Of([processId]);
    private readonly Dictionary<int, ThreadSample> _threads = ProcessThreads.Of(processId);

    /// <summary>What it has used since then.</summary>
    public StoreUse Read(string build, int store, int leads)
    {
        var elapsed = Stopwatch.GetElapsedTime(_started);
        var time = ProcessorTime.Of([processId]) - _time;
        return new StoreUse(build, store, leads, 100 * (time / elapsed), [
            .. ProcessThreads.Of(processId).Select(thread => Since(thread.Key, thread.Value))
                .GroupBy(thread => thread.Name).Select(threads => new ThreadUse(
                    threads.Key,
                    100 * threads.Sum(thread => thread.Time / elapsed),
                    threads.Sum(thread => thread.Switches) / elapsed.TotalSeconds)),
        ]);
    }

    private ThreadSample Since(int thread, ThreadSample now)
    {
        var before = _threads.GetValueOrDefault(thread);
        return now with { Time = now.Time - before.Time, Switches = now.Switches - before.Switches };
    }
}
