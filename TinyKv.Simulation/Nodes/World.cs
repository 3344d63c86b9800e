using Akka.Dispatch;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Everything that happens in a simulated cluster, one thing at a time, on one thread: a seeded draw picks what runs
/// next, and time moves only when nothing is left to run at the present moment.
/// </summary>
internal sealed class World
{
    // A minute takes some hundred thousand steps; more than this is a storm that does not end.
    private const long MaxSteps = 5_000_000;

    [ThreadStatic]
    private static World? _current;

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Random _schedule;
    private readonly List<(Process? Owner, IRunnable Run)> _ready = [];
    private readonly PriorityQueue<Alarm, (long Due, long Number)> _alarms = new();
    private readonly List<Process> _processes = [];
    private long _alarmNumber;
    private long _streams;
    private string? _strayed;

    public World(int seed, bool readable)
    {
        Seed = seed;
        _schedule = NewRandom();
        Trace = new Trace(readable);
        _current = this;
    }

    /// <summary>The world that runs on this thread.</summary>
    public static World Current => _current ?? throw new InvalidOperationException("no world runs on this thread");

    /// <summary>What decides everything.</summary>
    public int Seed { get; }

    /// <summary>Ticks of the true time, which no clock of a node shows.</summary>
    public long Now { get; private set; }

    /// <summary>How many things have happened.</summary>
    public long Steps { get; private set; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>How often each fault and each rare state happened.</summary>
    public Marks<NodeMark> Marks { get; } = new();

    /// <summary>The stores.</summary>
    public NodeCluster Cluster { get; set; } = null!;

    /// <summary>The first thing that is wrong; ends the run.</summary>
    public Finding? Failure { get; private set; }

    /// <summary>A stream of draws of its own, so that one part's draws do not move another's.</summary>
    public Random NewRandom() => new(unchecked(Seed * 7919 + (int)(104729 * ++_streams)));

    /// <summary>Numbers a process, so that what Akka makes by itself can find it.</summary>
    public int Register(Process process)
    {
        _processes.Add(process);
        return _processes.Count - 1;
    }

    /// <summary>The process with a number.</summary>
    public Process ProcessOf(int number) => _processes[number];

    /// <summary>Reports what is wrong.</summary>
    public void Fail(Rule rule, string what)
    {
        Trace.Add($"{Clock} FAILED {rule}: {what}");
        Failure ??= new Finding(rule, $"at {Clock.ToString().Trim()}: {what}");
    }

    /// <summary>Reports what is wrong where nobody has lied: what stores agree on is not certain otherwise.</summary>
    public void FailIfHonest(Rule rule, string what)
    {
        if (!Cluster.IsLiedTo) Fail(rule, what);
    }

    /// <summary>The time, for traces.</summary>
    public Moment Clock => new(Now);

    /// <summary>Lets <paramref name="run"/> happen now, in an order that a draw decides.</summary>
    public void Enqueue(Process? owner, IRunnable run)
    {
        RequireThread();
        _ready.Add((owner, run));
    }

    /// <summary>Lets <paramref name="action"/> happen later.</summary>
    public Alarm After(TimeSpan delay, Action action, Process? owner = null)
    {
        RequireThread();
        var alarm = new Alarm(owner, action);
        _alarms.Enqueue(alarm, (Now + Math.Max(0, delay.Ticks), _alarmNumber++));
        return alarm;
    }

    /// <summary>Runs until <paramref name="until"/>, or until something is wrong.</summary>
    public void RunUntil(TimeSpan until)
    {
        while (Failure is null)
        {
            if (Volatile.Read(ref _strayed) is { } strayed) Fail(Rule.OneThread, strayed);
            if (Steps > MaxSteps) Fail(Rule.MessagesEnd, $"{Steps} steps, and no end");
            if (_ready.Count > 0) RunOne();
            else if (!RunAlarm(until.Ticks)) break;
        }
        Now = Math.Max(Now, until.Ticks);
    }

    private void RunOne()
    {
        var index = _schedule.Next(_ready.Count);
        var (owner, run) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (owner is { IsDead: true }) return;
        if (owner is { IsPaused: true })
        {
            owner.Hold(run);
            return;
        }
        Steps++;
        Trace.Mix((Now << 8) ^ (owner?.Number ?? 255) ^ ((long)index << 40));
        run.Run();
    }

    private bool RunAlarm(long until)
    {
        while (_alarms.TryPeek(out var alarm, out var at))
        {
            if (at.Due > until) return false;
            _alarms.Dequeue();
            if (alarm.IsCancelled || alarm.Owner is { IsDead: true }) continue;
            Now = Math.Max(Now, at.Due);
            if (alarm.Owner is { IsPaused: true } paused)
            {
                paused.Hold(new ActionRunnable(alarm.Fire));
                continue;
            }
            Steps++;
            Trace.Mix((Now << 8) ^ (alarm.Owner?.Number ?? 254));
            alarm.Fire();
            return true;
        }
        return false;
    }

    // Whatever comes from another thread comes at a time that no seed decides.
    private void RequireThread()
    {
        if (Environment.CurrentManagedThreadId == _thread) return;
        // Whoever catches the exception on that thread may say nothing of it.
        Volatile.Write(ref _strayed, $"the simulation left its thread:{Environment.NewLine}{Environment.StackTrace}");
        throw new InvalidOperationException(_strayed);
    }

    /// <summary>A moment of the run in seconds.</summary>
    public readonly record struct Moment(long Ticks)
    {
        /// <inheritdoc/>
        public override string ToString() =>
            (Ticks / (double)TimeSpan.TicksPerSecond).ToString("00.000000", System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>Something that happens at a time, unless it is cancelled before.</summary>
internal sealed class Alarm(Process? owner, Action action)
{
    /// <summary>Whose it is; it does not go off when that is dead. Null: the world's.</summary>
    public Process? Owner => owner;

    /// <summary>Whether it was called off.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Calls it off.</summary>
    public void Cancel() => IsCancelled = true;

    /// <summary>It goes off.</summary>
    public void Fire()
    {
        if (!IsCancelled) action();
    }
}
