using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Client;
using Akka.Configuration;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Persistence;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Actors.Node;

/// <summary>One store: its data directory, actor system, region replicas and placement.</summary>
public sealed class StoreNode : IAsyncDisposable
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<IDisposable> _files;
    private readonly RocksEngine _engine;
    private readonly StorePeers _peers;
    private readonly StoreActors _actors;
    private readonly StoreNodeStatus _status;
    private readonly ILoggingAdapter _log;
    private Task? _closing;
    private int _leaving;

    internal StoreNode(
        TinyKvSettings settings, ActorSystem system, DataDirectory directory, RocksEngine engine,
        ILinkNetwork links, StoreTable stores, StorePeers peers, Stack<IDisposable> files, StoreFaults? faults)
    {
        (Settings, ClusterId) = (settings, ClusterIdentity.IdOf(settings.ClusterName));
        (System, _engine, _files, _peers) = (system, engine, files, peers);
        _log = Logging.GetLogger(system, this);
        var watch = system.ActorOf(
            FailureWatch.Props(peers.IsStore, Serves, Failed), "failure-watch");
        foreach (var failure in FailureWatch.Events) system.EventStream.Subscribe(watch, failure);
        engine.WhenFailed(failure => StoreFailed.Publish(system, "the engine has failed", failure));
        system.ActorOf(Props.Create<SystemWatch>(), "telemetry");
        _ = system.WhenTerminated.ContinueWith(_ => Ended(), TaskScheduler.Default);
        _actors = StoreActors.Start(
            system, settings, ClusterId, engine,
            StoreEnvironment.Of(system, settings, directory, links, stores, peers, faults));
        var members = system.ActorOf(RemovedMembers.Props(peers.IsRemoved), RemovedMembers.Name);
        peers.Changed += _ => members.Tell(StoresChanged.Instance);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "hand-over-leadership", async () =>
        {
            await HandOverAsync();
            return Akka.Done.Instance;
        });
        var readiness = new ReadinessLog(
            _actors.Table, () => Volatile.Read(ref _leaving) == 1 || Terminated.IsCompleted, _log, system.Scheduler,
            system.Scheduler.Advanced.ScheduleOnce);
        _actors.Table.Posted += readiness.Observe;
        readiness.Observe();
        system.ActorOf(LinkEvents.Props(_actors.Router.Broke), "link-events");
        _status = new StoreNodeStatus(settings, ClusterId, system, () => Stores, _actors);
        var gateway = system.ActorOf(
            GatewayActor.Props(_actors.Gateway, StatusAsync, settings.Gateway.Timeout), GatewayActor.Name);
        ClusterClientReceptionist.Get(system).RegisterService(gateway);
    }

    /// <summary>
    /// Locks and checks the data directory, starts the actor system (remoting, cluster, persistence) and the
    /// replicas. Returns when they are started; they may not have a leader yet.
    /// </summary>
    /// <param name="config">The whole configuration: the user's over the reference files.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="TinyKvException">A setting, the data directory or a port is wrong; says which and why.</exception>
    public static Task<StoreNode> StartAsync(Config config, CancellationToken cancellation) =>
        StartAsync(config, bind: null, faults: null, cancellation);

    /// <summary>The same, for hosts that bind ports of their own beside the store's.</summary>
    /// <param name="config">The whole configuration: the user's over the reference files.</param>
    /// <param name="bind">The address that the ports are bound to, as <see cref="BindAddress"/> has found it.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <param name="setups">What else the actor system is told.</param>
    /// <exception cref="TinyKvException">A setting, the data directory or a port is wrong; says which and why.</exception>
    public static Task<StoreNode> StartAsync(
        Config config, IPAddress bind, CancellationToken cancellation, params Setup[] setups) =>
        StartAsync(config, bind, faults: null, cancellation, setups);

    internal static Task<StoreNode> StartAsync(
        Config config, IPAddress? bind, StoreFaults? faults, CancellationToken cancellation, params Setup[] setups) =>
        // Files are opened and ports are bound with blocking calls, and Akka blocks until its loggers have started, which
        // they do on the thread pool: on one of its threads a few stores would wait for each other.
        BlockingCall.Start(() => OpenAsync(config, bind, faults, setups, cancellation)).Unwrap();

    /// <summary>The effective settings.</summary>
    public TinyKvSettings Settings { get; }

    /// <summary>The cluster's number: derived from its name, kept in the data directory.</summary>
    public ulong ClusterId { get; }

    /// <summary>The stores of the cluster as this one knows them, itself included, ascending.</summary>
    public ImmutableArray<StoreAddress> Stores => [.. _peers.All.Values
        .Select(peer => StoreAddress.Of(peer.Id, peer.Current)).Append(Settings.Self).OrderBy(store => store.Id.Value)];

    /// <summary>For hosts that add actors of their own.</summary>
    public ActorSystem System { get; }

    /// <summary>Reads and writes.</summary>
    public IStorage Storage => _actors.Storage;

    /// <summary>Takes raw requests, as they are served over gRPC and at <c>/user/gateway</c>.</summary>
    public IRawGateway Raw => _actors.Gateway;

    /// <summary>Ids, timestamps, the regions and their leaders.</summary>
    public IPlacement Placement => _actors.Placement;

    /// <summary>What those who run the cluster want of its regions.</summary>
    public IRegionAdmin Regions => _actors.Regions;

    /// <summary>Whether every replica of this store knows a leader and has applied what was committed when it was
    /// last heard from.</summary>
    public bool IsReady => !Terminated.IsCompleted && Serves();

    /// <summary>
    /// Completes when the actor system has ended by <see cref="DisposeAsync"/>; with a <see cref="StoreFailedException"/>
    /// as soon as the store cannot continue, whatever its actors and its disk are held up by.
    /// </summary>
    public Task Terminated => _terminated.Task;

    /// <summary>The state of this store and its replicas, for people and tools.</summary>
    public Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation) =>
        _status.ReadAsync(IsReady, cancellation);

    /// <summary>Removes a store from the cluster for ever, as soon as its replicas were moved to others; ask again until
    /// then.</summary>
    /// <returns>The stores as they are then, and what is left to do; null: nothing.</returns>
    /// <exception cref="RegistryRefusedException">It cannot be removed; says what to do first.</exception>
    /// <exception cref="PlacementUnavailableException">It cannot be known now, or placement has no leader.</exception>
    public Task<(StoreDirectory Stores, string? Left)> RemoveStoreAsync(StoreId store, CancellationToken cancellation)
    {
        var settle = 2 * Settings.TickInterval * Settings.Raft.ElectionTicks + TimeSpan.FromSeconds(1);
        return new StoreNodeRemoval(
            Settings.StoreId, StatusAsync, _peers, _actors.Others, Placement, settle, TimeProvider.System)
            .RemoveAsync(store, cancellation);
    }

    /// <summary>
    /// Transfers the leadership of every region that this store leads to others, which takes an election timeout at most.
    /// A graceful end begins with it; who refuses requests before that calls it first.
    /// </summary>
    public Task HandOverAsync() => Terminated.IsCompleted ? Task.CompletedTask : _actors.HandOver.RunAsync();

    /// <summary>Whether everything has ended and every file is closed; not so as long as an actor or a file is held up by a
    /// disk that stands still.</summary>
    public bool IsClosed => Volatile.Read(ref _closing) is { IsCompletedSuccessfully: true };

    /// <summary>Hands leadership over, leaves the Akka cluster gracefully, stops all actors, closes all files. What a disk that
    /// stands still holds up is not waited for longer than half a minute; its files are closed when the disk continues.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _leaving, 1) == 0 && !Terminated.IsFaulted)
        {
            try
            {
                var leaving = CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
                await leaving.WaitAsync(LeaveTimeout);
            }
            catch (TimeoutException)
            {
                // The others find out by themselves that this store has gone.
                _ = System.Terminate();
            }
        }
        await EndAsync();
    }

    /// <summary>Ends without leaving the Akka cluster, as a killed process does.</summary>
    internal async Task KillAsync()
    {
        Volatile.Write(ref _leaving, 1);
        _ = System.Terminate();
        await EndAsync();
    }

    private async Task EndAsync()
    {
        var closing = PreparedStore.CloseAfter(System, _files);
        Volatile.Write(ref _closing, closing);
        try
        {
            await System.WhenTerminated.WaitAsync(TerminationTimeout);
            await Terminated.ContinueWith(_ => { }, TaskScheduler.Default);
            await closing.WaitAsync(BlockingCall.CloseTimeout);
        }
        catch (Exception e) when (e is TimeoutException or TaskSchedulerException or AggregateException)
        {
            // What is left keeps ending, as long as the process does not end.
        }
    }

    private static async Task<StoreNode> OpenAsync(
        Config config, IPAddress? bind, StoreFaults? faults, Setup[] setups, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var prepared = PreparedStore.Open(config, bind, faults, cancellation);
        var system = StoreSystem.Start(prepared, setups);
        try
        {
            return prepared.Start(system);
        }
        catch
        {
            // Why it did not start is what matters, also when not everything ends. Actors use the files until they have ended.
            await system.Terminate().WaitAsync(TerminationTimeout, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!system.WhenTerminated.IsCompleted) prepared.CloseAfter(system);
            throw;
        }
    }

    // One without a replica passes requests on, as soon as it has heard where to.
    private bool Serves() =>
        _actors is not null && _actors.Table.KnowsRegions && _actors.Table.Views.All(view => view.IsReady);

    // The others stop listening to a store that has left them; for one that is leaving that is no failure.
    private void Failed(StoreFailed failure)
    {
        var reason = Explain(failure.Reason, failure.Cause);
        _log.Error("The store ends: {Reason}", reason);
        if (Volatile.Read(ref _leaving) == 0)
        {
            _terminated.TrySetException(
                new StoreFailedException(reason, failure.Cause) { IsMisconfigured = failure.Misconfigured });
        }
        // Whoever waits in a write would hold up its actor, and that the actor system.
        _ = BlockingCall.Start(_engine.GiveUp);
    }

    private string Explain(string what, Exception? cause)
    {
        try
        {
            return cause is null ? what : $"{what}: {FailureCause.Describe(cause, Settings.DataDirectory)}";
        }
        catch (Exception e)
        {
            // What is not known of the cause must not keep the store from ending.
            return $"{what}: {(e is OutOfMemoryException ? "out of memory" : cause!.Message)}";
        }
    }

    private void Ended()
    {
        if (Volatile.Read(ref _leaving) == 1) _terminated.TrySetResult();
        else _terminated.TrySetException(new StoreFailedException(
            "the actor system was ended from within the process; the log says by what"));
    }
}

/// <summary>A store has ended because it could not continue safely; it recovers when it is restarted.</summary>
/// <param name="message">What has failed, and why.</param>
/// <param name="cause">What was caught, if anything was.</param>
public sealed class StoreFailedException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether its configuration is the reason: it must be changed before a start can help.</summary>
    public bool IsMisconfigured { get; init; }
}
