using Akka.Configuration;
using Akka.Dispatch;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node;

/// <summary>
/// Gives a dispatcher a few threads of its own that sleep when there is nothing to do. Akka's own executor spins first,
/// which on a machine with few processors takes them from the very work that is waited for.
/// </summary>
/// <remarks>Named in the configuration, <c>executor</c> of a dispatcher.</remarks>
internal sealed class ThreadsExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) =>
        new ThreadsExecutor(id, Config.GetInt("dedicated-thread-pool.thread-count") is var threads and > 0
            ? threads : Math.Max(1, Environment.ProcessorCount / 2));
}

/// <summary>Threads that take what is to be run from one queue.</summary>
internal sealed class ThreadsExecutor : ExecutorService
{
    private readonly Lock _lock = new();
    private readonly Queue<IRunnable> _queue = new();
    private readonly Stack<Sleeper> _asleep = new(); // the last to have slept is the first to wake
    private readonly Thread[] _threads;
    private bool _closed;

    /// <summary>Starts the threads.</summary>
    public ThreadsExecutor(string id, int threads) : base(id)
    {
        _threads = [.. Enumerable.Range(0, threads)
            .Select(i => new Thread(Run) { Name = $"{id}-{i}", IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <inheritdoc/>
    public override void Execute(IRunnable run)
    {
        Sleeper? woken = null;
        lock (_lock)
        {
            if (_closed) throw new RejectedExecutionException($"{Id} is shut down");
            _queue.Enqueue(run);
            // One of these threads takes it itself, when it is done: waking another costs more than most turns.
            if (_queue.Count > 1 || !_threads.Contains(Thread.CurrentThread)) _asleep.TryPop(out woken);
        }
        // Outside of the lock, which the woken thread needs at once.
        woken?.Wake();
    }

    /// <summary>Ends the threads when they have run what is queued.</summary>
    public override void Shutdown()
    {
        Sleeper[] all;
        lock (_lock)
        {
            _closed = true;
            all = [.. _asleep];
            _asleep.Clear();
        }
        foreach (var sleeper in all) sleeper.Wake();
    }

    private void Run()
    {
        var sleeper = new Sleeper();
        while (Next(sleeper) is { } run) run.Run();
    }

    private IRunnable? Next(Sleeper sleeper)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_queue.TryDequeue(out var run)) return run;
                if (_closed) return null;
                _asleep.Push(sleeper);
            }
            sleeper.Sleep();
        }
    }
}
