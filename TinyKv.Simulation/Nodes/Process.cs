using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Persistence;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// One run of a store's program, from its start to its end, which is always a sudden one: what it had to do is
/// forgotten, nothing of it is cleaned up.
/// </summary>
internal sealed class Process
{
    private readonly World _world;
    private readonly Machine _machine;
    private readonly Random _random;
    private readonly List<IRunnable> _held = [];
    private readonly Queue<IRunnable> _booting = new();
    private SimStream? _stream;
    private bool _isBooting;
    private bool _isPumping;

    private Process(World world, Machine machine)
    {
        (_world, _machine, _random) = (world, machine, world.NewRandom());
        Number = world.Register(this);
        machine.Clock.Process = this;
        Tasks = new SimTaskScheduler(this);
        Links = new SimLinks(world.Cluster.Network.Links, this);
    }

    /// <summary>The world's number for it; never used twice.</summary>
    public int Number { get; }

    /// <summary>Where it runs.</summary>
    public Machine Machine => _machine;

    /// <summary>The machine's clocks.</summary>
    public SimClock Clock => _machine.Clock;

    /// <summary>Its Raft port.</summary>
    public SimLinks Links { get; }

    /// <summary>Runs what it does outside of actors.</summary>
    public SimTaskScheduler Tasks { get; }

    /// <summary>Its actor system.</summary>
    public ActorSystem System { get; private set; } = null!;

    /// <summary>Its actors.</summary>
    public StoreActors Actors { get; private set; } = null!;

    /// <summary>The other stores.</summary>
    public StorePeers Peers { get; private set; } = null!;

    /// <summary>Takes requests that come as messages.</summary>
    public IActorRef Gateway { get; private set; } = null!;

    /// <summary>What clients share that ask it over a stream; another one after that has ended.</summary>
    public SimStream Stream => _stream is { IsOpen: true } ? _stream : _stream = new SimStream(_world, this);

    /// <summary>Whether it has ended.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Whether it stands still.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Whether its engine has refused a write, which it does not survive.</summary>
    public bool SawEngineFail { get; set; }

    /// <summary>Starts a store on a machine.</summary>
    public static Process Start(World world, Machine machine, TinyKvSettings settings, ulong cluster)
    {
        var process = new Process(world, machine);
        // Akka waits for its loggers on the calling thread: until it is up, what it has to do is done at once.
        process._isBooting = true;
        process.System = ActorSystem.Create(StoreSystem.Name, process.Configuration());
        var watch = process.System.ActorOf(Props.Create(() => new EndWatch(process)), "end-watch");
        process.System.EventStream.Subscribe(watch, typeof(StoreFailed));
        process.System.EventStream.Subscribe(watch, typeof(JournalFailed));
        process.System.EventStream.Subscribe(
            new LeftBehind(world, ((ExtendedActorSystem)process.System).Provider), typeof(DeadLetter));
        process._isBooting = false;
        var engine = machine.Disk.OpenEngine();
        var stores = StoreTable.Of(engine);
        process.Peers = new StorePeers(settings.StoreId, settings.Others, stores.Current);
        process.Actors = StoreActors.Start(
            process.System, settings, cluster, engine, new StoreEnvironment
            {
                Stores = stores,
                Peers = process.Peers,
                Remote = (store, actor) => world.Cluster.FindMachineAt(store.Host) is { } there
                    ? new RemoteRef(process, new Recipient(there, actor)) : new NowhereRef(process, store.Host),
                Reconnect = address => world.Cluster.Network.ConnectAnew(process, address.System),
                Over = (store, other) => other is OutboundLink link ? new SpokenLink(process, store, link) : other,
                Links = process.Links,
                Time = machine.Clock,
                Draw = () => (ulong)process._random.NextInt64(),
                Regions = settings.IsInitial ? world.Cluster.Initial : [],
                Record = machine.Disk.Start(settings.Initial, settings.Placement.Replicas),
                Save = (record, done) => machine.Disk.Save(process, record, done),
                Staging = machine.Disk.Staging,
                Measure = done => done(new DiskSpace(100, 50, 10)),
                Readers = process.Tasks,
                Storage = storage => new WatchedStorage(world, storage),
            });
        process.Gateway = process.System.ActorOf(
            GatewayActor.Props(process.Actors.Gateway, process.StatusAsync, Timeout.InfiniteTimeSpan), GatewayActor.Name);
        process.System.ActorOf(LinkEvents.Props(process.Actors.Router.Broke), "link-events");
        return process;
    }

    /// <summary>Lets something happen in this process.</summary>
    public void Enqueue(IRunnable run)
    {
        if (IsDead) return;
        if (!_isBooting)
        {
            _world.Enqueue(this, run);
            return;
        }
        _booting.Enqueue(run);
        if (_isPumping) return;
        _isPumping = true;
        while (_booting.TryDequeue(out var next)) next.Run();
        _isPumping = false;
    }

    /// <summary>Lets something happen when the machine's processors get to it.</summary>
    public void EnqueueLate(IRunnable run)
    {
        var longest = _world.Cluster.Plan.ApplyDelay.Ticks;
        if (longest == 0 || _world.Cluster.Network.IsCalm) Enqueue(run);
        else _world.After(new TimeSpan(_random.NextInt64(longest)), run.Run, this);
    }

    /// <summary>Lets something happen after a time by this machine's clock.</summary>
    public Alarm After(TimeSpan delay, Action action) => _world.After(Clock.True(delay), action, this);

    /// <summary>Keeps what would happen while it stands still.</summary>
    public void Hold(IRunnable run) => _held.Add(run);

    /// <summary>It stands still; the world continues.</summary>
    public void Pause() => IsPaused = true;

    /// <summary>It continues as if nothing had been.</summary>
    public void Resume()
    {
        IsPaused = false;
        foreach (var run in _held) _world.Enqueue(this, run);
        _held.Clear();
    }

    /// <summary>It ends in the middle of whatever it was doing.</summary>
    public void Kill() => IsDead = true;

    /// <summary>Something was logged.</summary>
    public void Logged(LogEvent logged)
    {
        var text = $"{logged.Message}";
        if (logged.LogLevel() >= LogLevel.InfoLevel)
            _world.Trace.Add($"{_world.Clock} {_machine.Name} {logged.LogLevel()} {text} {logged.Cause?.Message}");
        _world.Marks.HitIf(text.Contains("restarted in", StringComparison.Ordinal), NodeMark.PeerRestarted);
        _world.Marks.HitIf(text.Contains("not counted any more", StringComparison.Ordinal), NodeMark.DataLossFound);
        _world.Marks.HitIf(
            text.Contains("has everything that it acknowledged", StringComparison.Ordinal), NodeMark.DataLossCleared);
        // A store that has lost data does not remember what it has done, and may be refused for it.
        var nobodyForgot = _world.Marks[NodeMark.TailLost] + _world.Marks[NodeMark.StartedOnOldCopy] == 0;
        var refuses = text.Contains("refused what", StringComparison.Ordinal);
        _world.Marks.HitIf(refuses && _world.Cluster.Hostility is not null, NodeMark.LieRefused);
        if (refuses && nobodyForgot && _world.Cluster.Hostility is null)
            _world.Fail(Rule.HonestAreBelieved, $"{_machine.Name} takes honest words for a lie: {text}");
        if (logged.LogLevel() == LogLevel.ErrorLevel && !_machine.Explains(text, logged.Cause))
            _world.Fail(Rule.NothingThrows, $"{_machine.Name} logs an error: {text} {logged.Cause}");
    }

    /// <summary>The status of the store, as far as it tells of replicas.</summary>
    public async Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var status = new StoreStatusResponse { StoreId = _machine.Store.Value };
        var replicas = await Actors.Store.Ask<ReplicaRefs>(
            ListReplicas.Instance, Timeout.InfiniteTimeSpan, either.Token);
        foreach (var replica in replicas.Regions)
            status.Peers.Add(StoreNodeStatus.Describe(await replica.Actor.Ask<ReplicaStatus>(
                DescribeReplica.Instance, Timeout.InfiniteTimeSpan, either.Token)));
        return status;
    }

    private Config Configuration()
    {
        var dispatcher = $"type = \"{NameOf<SimDispatcherConfigurator>()}\", process = {Number}";
        return ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = INFO
              stdout-loglevel = OFF
              loggers = ["{{NameOf<SimLogger>()}}"]
              log-dead-letters = off
              coordinated-shutdown.run-by-clr-shutdown-hook = off
              coordinated-shutdown.run-by-actor-system-terminate = off
              scheduler { implementation = "{{NameOf<SimScheduler>()}}", process = {{Number}} }
              actor.default-dispatcher = { {{dispatcher}}, is-slow = off }
              actor.internal-dispatcher = { {{dispatcher}}, is-slow = off }
              persistence.dispatchers.default-plugin-dispatcher = { {{dispatcher}}, is-slow = off }
              persistence.dispatchers.default-replay-dispatcher = { {{dispatcher}}, is-slow = off }
              persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
              persistence.journal {
                plugin = "akka.persistence.journal.simulated"
                simulated {
                  class = "{{NameOf<SimJournal>()}}"
                  process = {{Number}}
                  plugin-dispatcher = "akka.actor.default-dispatcher"
                  replay-filter.mode = off
                  recovery-event-timeout = 1h
                  circuit-breaker { max-failures = 1000000, call-timeout = 24h, reset-timeout = 1s }
                }
              }
            }
            tinykv.kv-dispatcher = { {{dispatcher}}, is-slow = on }
            tinykv.raft-dispatcher = { {{dispatcher}}, is-slow = off }
            tinykv.sync-dispatcher = { {{dispatcher}}, is-slow = on }
            tinykv.snapshots-dispatcher = { {{dispatcher}}, is-slow = on }
            """).WithFallback(ProtocolConfig.Reference);
    }

    private static string NameOf<T>() => typeof(T).AssemblyQualifiedName!;

    /// <summary>Ends the process when its store cannot continue, as the program does.</summary>
    private sealed class EndWatch(Process process) : UntypedActor
    {
        protected override void OnReceive(object message) => process._machine.Ended(process, message);
    }
}
