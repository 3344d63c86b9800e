using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Node;

/// <summary>The actors of a store, and the doors to them.</summary>
/// <param name="Store">The regions.</param>
/// <param name="Introducer">Who has accepted whom.</param>
/// <param name="Storage">Reads and writes.</param>
/// <param name="Placement">Ids and timestamps.</param>
/// <param name="Table">Who leads.</param>
/// <param name="Gateway">The raw API.</param>
/// <param name="Router">Finds leaders for the gateway.</param>
internal sealed record StoreActors(
    IActorRef Store, IActorRef Introducer, IStorage Storage, IPlacement Placement, RegionTable Table, RawGateway Gateway,
    RawRouter Router)
{
    /// <summary>Starts the actors of a store.</summary>
    public static StoreActors Start(
        ActorSystem system, TinyKvSettings settings, ulong cluster, IEngine engine, StoreEnvironment around)
    {
        var table = new RegionTable();
        var transport = system.ActorOf(RaftTransport.Props(new TransportSpec(
            cluster, settings.StoreId, around.Record.Incarnation,
            Others(RaftTransport.Name).ToImmutableDictionary())
        {
            Reconnect = transport => around.Reconnect(transport.Path.Address),
        }).WithDispatcher(Dispatchers.Raft), RaftTransport.Name);
        var placement = Topology.Placement(settings);
        var first = Topology.First(settings);
        List<RegionSpec> regions =
        [
            Spec(placement, (group, snapshot) => new PlacementStateMachine(group, snapshot), CommandCodec.IsPlacement),
        ];
        if (settings.StorageMode == StorageMode.Raft)
            regions.Add(Spec(first, (region, _) => new KvStateMachine(region), CommandCodec.IsWrite));
        // The regions are known from the first moment on, whatever their actors are busy with.
        foreach (var region in regions) table.Post(new ReplicaView(region.Initial, null));
        var store = system.ActorOf(StoreActor.Props(regions, table).WithDispatcher(Dispatchers.Raft), StoreActor.Name);
        transport.Tell(new DeliverTo(store));
        var handshake = system.ActorOf(Handshake.Props(new HandshakeSpec
        {
            Cluster = cluster,
            Self = settings.StoreId,
            Record = around.Record,
            Initial = settings.Initial,
            Stores = Others(Handshake.Name).ToImmutableDictionary(),
            Transport = transport,
            Regions = store,
            Save = around.Save,
            Reconnect = other => around.Reconnect(other.Path.Address),
        }).WithDispatcher(Dispatchers.Raft), Handshake.Name);
        var service = system.ActorOf(
            PlacementService.Props(store, around.Time.GetUtcNow, TimeSpan.FromSeconds(1)), PlacementService.Name);
        var services = Others(PlacementService.Name).Append(KeyValuePair.Create(settings.StoreId, service))
            .ToImmutableSortedDictionary(pair => pair.Key.Value, pair => pair.Value);
        var (storage, bounds) = (StorageOf(settings, store, engine, table), settings.Gateway);
        var executor = new RawExecutor(storage, new ScanSlots(bounds.MaxConcurrentScans, around.Readers));
        var router = new RawRouter(settings.StoreId, table, executor,
            Links().ToImmutableDictionary(), bounds.Timeout, around.Time, around.DrawFraction);
        var inFlight = new InFlight(bounds.MaxRequests, bounds.MaxRequestBytes);
        return new StoreActors(
            store, handshake, storage, new PlacementClient(settings.StoreId, services, table, around.Time), table,
            new RawGateway(executor, router, inFlight, bounds.Timeout, around.Time), router);

        RegionSpec Spec(
            Region region, Func<Region, ISnapshot, IStateMachine> machine, Func<ReadOnlyMemory<byte>, bool> isCommand)
        {
            var applier = ApplyActor.Props(engine, new ApplySpec
            {
                Initial = region,
                InitialIndex = Topology.Origin.Index,
                Machine = machine,
                Observers = [new ApplyMetrics(region.Id)],
            });
            return SpecOf(settings, cluster, around.Record, region, applier, isCommand, transport, around.Draw());
        }

        IEnumerable<KeyValuePair<StoreId, StoreLink>> Links() => Others(GatewayActor.Name).Select(other =>
            KeyValuePair.Create(other.Key, new StoreLink(other.Value, ((ExtendedActorSystem)system).Provider)));

        IEnumerable<KeyValuePair<StoreId, IActorRef>> Others(string actor) =>
            settings.Stores.Where(store => store.Id != settings.StoreId)
                .Select(store => KeyValuePair.Create(store.Id, around.Remote(store, actor)));
    }

    private static RegionSpec SpecOf(
        TinyKvSettings settings, ulong cluster, StoreRecord record, Region initial, Props applier,
        Func<ReadOnlyMemory<byte>, bool> isCommand, IActorRef transport, ulong draw)
    {
        var self = initial.PeerOn(settings.StoreId)!.Value;
        return new RegionSpec
        {
            Initial = initial,
            Self = self,
            Applier = applier.WithDispatcher(Dispatchers.Kv),
            Seed = (int)(draw & int.MaxValue),
            Peer = (state, machine, created, seed) => RaftPeer.Props(new RaftPeerSpec
            {
                PersistenceId = $"{new PeerJournalId(cluster, settings.StoreId, initial.Id, self.Id)}",
                Region = state.Region,
                Self = self,
                InitialState = Topology.InitialStateOf(initial, record.Directory),
                WasCreated = created || record.CreatedRegions.Contains(initial.Id.Value),
                Applied = state.Applied,
                Options = settings.Raft,
                TickInterval = settings.TickInterval,
                MaxQueuedRequests = settings.MaxQueuedRequests,
                Seed = seed,
                Applier = machine,
                IsCommand = isCommand,
                Transport = transport,
            }).WithDispatcher(Dispatchers.Raft),
        };
    }

    private static IStorage StorageOf(
        TinyKvSettings settings, IActorRef store, IEngine engine, RegionTable table)
    {
        if (settings.StorageMode == StorageMode.Raft) return new RaftStorage(store, engine);
        var alone = new Peer(new PeerId(1), settings.StoreId);
        var region = Topology.First(settings) with { Peers = [alone] };
        table.Post(new ReplicaView(
            region, new PeerView(new LeadershipChange(RoleKind.Leader, 1, alone.Id), alone, CaughtUp: true)));
        return new StandaloneStorage(engine, settings.StoreId);
    }
}
