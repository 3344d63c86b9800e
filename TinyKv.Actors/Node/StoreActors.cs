using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Node;

/// <summary>The actors of a store, and the doors to them.</summary>
/// <param name="Store">The regions.</param>
/// <param name="Snapshots">The snapshots on their way.</param>
/// <param name="Introducer">Who has accepted whom.</param>
/// <param name="Storage">Reads and writes.</param>
/// <param name="Placement">Ids and timestamps.</param>
/// <param name="Table">Who leads.</param>
/// <param name="Gateway">The raw API.</param>
/// <param name="Router">Finds leaders for the gateway.</param>
/// <param name="Stores">Which stores there are.</param>
/// <param name="Regions">Administers the regions.</param>
/// <param name="HandOver">Gives leadership away before the store leaves.</param>
/// <param name="Others">Actors of the other stores.</param>
internal sealed record StoreActors(
    IActorRef Store, IActorRef Snapshots, IActorRef Introducer, IStorage Storage, IPlacement Placement, RegionTable Table,
    RawGateway Gateway, RawRouter Router, StoreTable Stores, IRegionAdmin Regions, LeadershipHandOver HandOver,
    PeerActors Others)
{
    /// <summary>Starts the actors of a store.</summary>
    public static StoreActors Start(
        ActorSystem system, TinyKvSettings settings, ulong cluster, IEngine engine, StoreEnvironment around)
    {
        var (table, growth) = (new RegionTable(), new RegionGrowth());
        var (stores, peers) = (around.Stores, around.Peers);
        var actors = new PeerActors(peers, around.Remote, around.Over);
        var links = LinksOf(system, settings, cluster, around, actors);
        var transport = system.ActorOf(RaftTransport.Props(new TransportSpec(
            cluster, settings.StoreId, around.Record.Incarnation, links.To)
        {
            Reconnect = links.Reconnect,
            Accept = links.Accept,
            End = links.End,
        }).WithDispatcher(Dispatchers.Raft), RaftTransport.Name);
        links.Start(transport);
        var ticker = system.ActorOf(Ticker.Props(settings.TickInterval).WithDispatcher(Dispatchers.Raft), Ticker.Name);
        var sync = system.ActorOf(EngineSync.Props(engine).WithDispatcher(Dispatchers.Sync), EngineSync.Name);
        var installer = new SnapshotInstaller(engine, around.Staging);
        installer.Resume();
        var (records, isNew) = RecordsOf(engine, around);
        // The regions are known from the first moment on, whatever their actors are busy with.
        foreach (var record in records.Where(TakesPart)) table.Post(new ReplicaView(record.Region, null));
        var store = system.ActorOf(StoreActor.Props(new StoreSpec
        {
            Engine = engine,
            Records = records,
            IsNew = isNew,
            Replica = record => TakesPart(record) ? Spec(record) : null,
            Eraser = record => JournalEraser.Props(
                JournalIdOf(settings, cluster, record.Region.Id, record.Former), record, engine).WithDispatcher(Dispatchers.Sync),
            Transport = transport,
            Table = table,
        }).WithDispatcher(Dispatchers.Raft), StoreActor.Name);
        transport.Tell(new DeliverTo(store));
        var snapshots = system.ActorOf(SnapshotsActor.Props(new SnapshotsSpec
        {
            Self = settings.StoreId,
            Reconnect = links.ReconnectBulk,
            LinkTo = links.BulkTo,
            Regions = store,
            Staging = around.Staging,
            Engine = engine,
            Settings = settings.Snapshots,
            Draw = around.Draw,
        }).WithDispatcher(Dispatchers.Snapshots), SnapshotsActor.Name);
        store.Tell(new FetchSnapshotsWith(snapshots));
        links.DeliverBulk(snapshots);
        var handshake = system.ActorOf(Handshake.Props(new HandshakeSpec
        {
            Cluster = cluster,
            Self = settings.StoreId,
            Record = around.Record,
            Initial = settings.IsInitial ? settings.Initial : around.Record.Initial,
            At = store => actors.At(store, Handshake.Name),
            Registered = () => stores.Current.Registered,
            Heard = peers.Heard,
            Transport = transport,
            Regions = store,
            Save = around.Save,
            Reconnect = other => around.Reconnect(other.Path.Address),
        }).WithDispatcher(Dispatchers.Raft), Handshake.Name);
        var service = system.ActorOf(
            PlacementService.Props(store, around.Time.GetUtcNow, TimeSpan.FromSeconds(1)), PlacementService.Name);
        var services = actors.OnAll(PlacementService.Name, settings.StoreId, service);
        system.ActorOf(SplitChecker.Props(new SplitCheckerSpec
        {
            Table = table,
            Store = store,
            Ids = services,
            Engine = engine,
            Growth = growth,
            Settings = settings.Regions,
        }).WithDispatcher(Dispatchers.Snapshots), SplitChecker.Name);
        var storeService = system.ActorOf(
            StoreService.Props(store, () => stores.Current, settings.Placement.Health, TimeSpan.FromSeconds(1)),
            StoreService.Name);
        var registry = actors.OnAll(StoreService.Name, settings.StoreId, storeService);
        if (around.Measure is { } measure)
            system.ActorOf(StoreReporter.Props(ReporterOf(
                settings, cluster, around, measure, registry, handshake, table, new StoreKeeper(engine))), StoreReporter.Name);
        var election = settings.TickInterval * settings.Raft.ElectionTicks;
        // A transfer takes an election timeout, and those who elect somebody else instead another.
        var transferTimeout = 2 * election + TimeSpan.FromSeconds(1);
        var placement = new PlacementClient(settings.StoreId, services, registry, table, stores, around.Time);
        var administered = actors.OnAll(RegionService.Name, settings.StoreId, system.ActorOf(
            RegionService.Props(settings.StoreId, store, transferTimeout), RegionService.Name));
        if (around.Measure is not null)
            system.ActorOf(ReplicaScheduler.Props(new ReplicaSchedulerSpec
            {
                Regions = table,
                Stores = storeService,
                Ids = service,
                Services = administered,
            }), ReplicaScheduler.Name);
        var (storage, bounds) = (StorageOf(settings, store, engine, table, around.Readers), settings.Gateway);
        if (around.Storage is { } watched) storage = watched(storage);
        var executor = new RawExecutor(storage, new ScanSlots(bounds.MaxConcurrentScans, around.Readers));
        var gateways = new GatewayLinks(LinkToGateway);
        var router = new RawRouter(
            settings.StoreId, table, executor, gateways, bounds.Timeout, around.Time, around.DrawFraction);
        var inFlight = new InFlight(bounds.MaxRequests, bounds.MaxRequestBytes);
        var gateway = new RawGateway(
            executor, router, inFlight, bounds.Timeout, around.Time, Logging.GetLogger(system, typeof(RawGateway)),
            around.Readers);
        peers.Changed += change =>
        {
            Follow(change, actors, links, gateways);
            handshake.Tell(StoresChanged.Instance);
        };
        stores.Changed += (_, after) => peers.Follow(after);
        peers.Follow(stores.Current);
        return new StoreActors(
            store, snapshots, handshake, storage, placement, table, gateway, router, stores,
            new RegionAdmin(settings.StoreId, administered, table, placement.AllocateIdsAsync,
                transferTimeout + TimeSpan.FromMilliseconds(500), around.Time),
            new LeadershipHandOver(table, store, election, around.Time), actors);

        // Without Raft only placement is replicated: by itself.
        bool TakesPart(RegionRecord record) => record.State == RegionState.Normal
            && (record.Region.Id == RegionId.Placement || settings.StorageMode == StorageMode.Raft);

        RegionSpec Spec(RegionRecord record)
        {
            var isPlacement = record.Region.Id == RegionId.Placement;
            var applier = ApplyActor.Props(engine, new ApplySpec
            {
                Store = settings.StoreId,
                Record = record,
                Machine = isPlacement ? (group, snapshot) => new PlacementStateMachine(group, snapshot)
                    : (region, _) => new KvStateMachine(region),
                Installer = installer,
                Observers = isPlacement ? [new ApplyMetrics(record.Region.Id), new StoreObserver(stores)]
                    : [new ApplyMetrics(record.Region.Id), growth.Of(record.Region.Id)],
            });
            return SpecOf(settings, cluster, around.Record.Directory, record, applier,
                isPlacement ? CommandCodec.IsPlacement : CommandCodec.IsData, transport, ticker, sync,
                around.Draw());
        }

        StoreLink? LinkToGateway(StoreId other) => actors.Find(other, GatewayActor.Name) is not { } gateway ? null
            : new StoreLink(gateway, new ReplyPaths(((ExtendedActorSystem)system).Provider, around.Record.Incarnation),
                around.Readers, around.Time);
    }

    // Who is new is connected to when the two have been introduced; who was removed is told nothing more.
    private static void Follow(StorePeersChange change, PeerActors actors, StoreLinks links, GatewayLinks gateways)
    {
        foreach (var store in change.Added)
            if (actors.Find(store, RaftTransport.Name) is { } transport) links.Add(store, transport);
        foreach (var store in change.Moved) links.Reconnect(store);
        foreach (var store in change.Removed)
        {
            links.Remove(store);
            gateways.Remove(store);
        }
    }

    private static ReporterSpec ReporterOf(
        TinyKvSettings settings, ulong cluster, StoreEnvironment around, Action<Action<DiskSpace>> measure,
        StoreServices services, IActorRef introducer, RegionTable regions, StoreKeeper keeper) => new()
        {
            Cluster = cluster,
            Self = settings.StoreId,
            Directory = around.Record.Directory,
            Addresses = settings.Self.Addresses,
            ProgramVersion = StoreSystem.Version,
            MaxReplicas = (uint)around.Record.Replicas,
            Initial = settings.Stores.ToImmutableSortedDictionary(each => each.Id.Value, each => each.Addresses),
            Measure = measure,
            Interval = settings.Placement.HeartbeatInterval,
            StartedMs = around.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Services = services,
            Introducer = introducer,
            Regions = regions,
            Stores = around.Stores,
            Keep = keeper.Keep,
        };

    private static StoreLinks LinksOf(
        ActorSystem system, TinyKvSettings settings, ulong cluster, StoreEnvironment around, PeerActors actors)
    {
        var log = Logging.GetLogger(system, typeof(StoreLinks));
        return new StoreLinks(
            new LinkSpec
            {
                Cluster = cluster,
                Self = settings.StoreId,
                Incarnation = around.Record.Incarnation,
                Network = around.Links,
                Time = around.Time,
                Scheduler = around.Readers ?? TaskScheduler.Default,
            },
            new LinkReport(log, system.Scheduler, new TransportMetrics(settings.StoreId),
                store => around.Peers.Find(store)?.Current.Raft),
            around.Peers.All.Values.Select(
                store => KeyValuePair.Create(store.Id, actors.Find(store.Id, RaftTransport.Name)!)),
            around.Over);
    }

    // A new store begins with the cluster's first regions; so does one whose engine was lost, and is rebuilt from its journals.
    private static (IReadOnlyList<RegionRecord> Records, bool AreNew) RecordsOf(
        IEngine engine, StoreEnvironment around)
    {
        using var snapshot = engine.Snapshot();
        var known = MetaRecords.ReadAll(snapshot);
        return known.Count > 0 ? (known, false)
            : ([.. around.Regions.Select(
                region => new RegionRecord(region) { JournalBorn = around.Record.IsBootstrapped })], true);
    }

    private static RegionSpec SpecOf(
        TinyKvSettings settings, ulong cluster, DirectoryId directory, RegionRecord record, Props applier,
        Func<ReadOnlyMemory<byte>, bool> isCommand, IActorRef transport, IActorRef ticker, IActorRef sync, ulong draw)
    {
        var found = record.Region.PeerOn(settings.StoreId);
        Invariant.Holds(found is not null, $"{record.Region.Id} has a record on {settings.StoreId} and no replica");
        var self = found.Value;
        return new RegionSpec
        {
            Record = record,
            Self = self,
            Applier = applier.WithDispatcher(Dispatchers.Kv),
            Seed = (int)(draw & int.MaxValue),
            Peer = (state, machine, seed, isSplitOff) => RaftPeer.Props(new RaftPeerSpec
            {
                PersistenceId = JournalIdOf(settings, cluster, record.Region.Id, self.Id),
                Region = state.Record.Region,
                Self = self,
                InitialState = RaftPeerSpec.InitialStateOf(state.Record.Region, state.Applied, directory),
                JournalBorn = state.Record.JournalBorn,
                IsSplitOff = isSplitOff,
                Applied = state.Applied.Index,
                Snapshot = state.Snapshot,
                Options = settings.Raft,
                TickInterval = settings.TickInterval,
                Ticker = ticker,
                MaxQueuedRequests = settings.MaxQueuedRequests,
                Seed = seed,
                Applier = machine,
                EngineSync = sync,
                IsCommand = isCommand,
                Transport = transport,
            }).WithDispatcher(Dispatchers.Raft),
        };
    }

    private static string JournalIdOf(TinyKvSettings settings, ulong cluster, RegionId region, PeerId peer) =>
        $"{new PeerJournalId(cluster, settings.StoreId, region, peer)}";

    private static IStorage StorageOf(
        TinyKvSettings settings, IActorRef store, IEngine engine, RegionTable table,
        TaskScheduler? readers)
    {
        if (settings.StorageMode == StorageMode.Raft) return new RaftStorage(store, readers);
        var storage = new StandaloneStorage(engine, settings.StoreId);
        var alone = storage.Region.Peers[0];
        table.Post(new ReplicaView(
            storage.Region, new PeerView(new LeadershipChange(RoleKind.Leader, 1, alone.Id), alone, CaughtUp: true)));
        return storage;
    }
}
