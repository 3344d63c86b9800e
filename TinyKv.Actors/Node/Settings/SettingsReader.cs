using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node.Settings;

/// <summary>Reads <see cref="TinyKvSettings"/> from HOCON, once.</summary>
public static class SettingsReader
{
    /// <summary>What is wrong with a list of stores that is there and empty.</summary>
    internal const string NoStores = "names no store; it must list all stores of the cluster";

    private static readonly string[] StoreKeys = ["id", "host", "grpc-port", "status-port", "remoting-port", "raft-port"];

    /// <summary>The settings of a configuration that the reference files are part of.</summary>
    /// <exception cref="TinyKvException">A key is unknown or missing, or a value is wrong; names the key.</exception>
    public static TinyKvSettings Read(Config config)
    {
        ReferenceConfig.RefuseUnknownKeys(config);
        var cluster = Section.Of(config, "tinykv.cluster");
        var store = Section.Of(config, "tinykv.store");
        var raft = Section.Of(config, "tinykv.raft");
        var root = Section.Of(config, "tinykv");
        var join = JoinReader.Read(config);
        var stores = join is null ? ReadStores(config, cluster) : [];
        var self = join is null ? new StoreId((ulong)store.Number("id", 1, long.MaxValue)) : StoreId.None;
        if (join is null && stores.All(address => address.Id != self))
            throw store.Invalid("id", $"is {self.Value}, but tinykv.cluster.stores lists no store with that id");
        var storage = Section.Of(config, "tinykv.storage");
        var mode = storage.Word("mode", "raft", "standalone");
        if (mode == "standalone" && stores.Length > 1)
            throw storage.Invalid("mode", "is standalone, but tinykv.cluster.stores lists several stores");
        if (mode == "standalone" && join is not null)
            throw storage.Invalid("mode", "is standalone, but tinykv.cluster.join names a cluster to join");
        CheckDispatchers(config);
        CheckRemoting(config);
        var journal = root.Word("journal", [.. JournalSetup.Kinds]);
        JournalSetup.RequireSettings(journal, config);
        return new TinyKvSettings
        {
            ClusterName = join is null ? cluster.Text("name") : cluster.OptionalText("name"),
            Stores = stores,
            Join = join,
            StoreId = self,
            DataDirectory = Path.GetFullPath(store.Text("data-directory")),
            BindHost = store.Host("bind-host"),
            StorageMode = mode == "raft" ? StorageMode.Raft : StorageMode.Standalone,
            Journal = journal,
            TickInterval = raft.Duration("tick-interval"),
            Raft = ReadRaft(raft),
            MaxQueuedRequests = (int)raft.Number("max-queued-requests", 1, 1_000_000),
            Gateway = ReadGateway(Section.Of(config, "tinykv.gateway")),
            Remoting = ReadRemoting(Section.Of(config, "tinykv.remoting")),
            Snapshots = ReadSnapshots(Section.Of(config, "tinykv.snapshots")),
            Regions = ReadRegions(Section.Of(config, "tinykv.regions")),
            Placement = ReadPlacement(Section.Of(config, "tinykv.placement")),
        };
    }

    // Without its guard a store would believe whoever connects, and nobody would notice.
    private static void CheckRemoting(Config config)
    {
        const string Tcp = "akka.remote.dot-netty.tcp", Guard = "tinykv-guard";
        const string Transports = "akka.remote.enabled-transports";
        var (adapters, tcp) = (Section.Of(config, "akka.remote.adapters"), Section.Of(config, Tcp));
        var provider = adapters.OptionalText(Guard);
        if (TypeNamed(provider) != typeof(GuardProvider))
            throw adapters.Invalid(Guard, $"is '{provider}', which does not check who connects; leave it out");
        // Akka's own default is not here.
        var transports = config.HasPath(Transports) ? config.GetStringList(Transports) : [Tcp];
        if (transports is not [Tcp])
            throw new SettingException(
                Transports, $"is [{string.Join(", ", transports)}]; only {Tcp} is guarded, leave it out");
        if (!config.GetStringList($"{Tcp}.applied-adapters").Contains(Guard, StringComparer.Ordinal))
            throw tcp.Invalid("applied-adapters", $"lacks {Guard}, which checks who connects; add it");
        if (tcp.OptionalText("byte-order") is not ("" or "little-endian") and var order)
            throw tcp.Invalid("byte-order", $"is '{order}'; stores speak little-endian");
    }

    private static GatewaySettings ReadGateway(Section gateway) => new(
        (int)gateway.Number("max-requests", 1, 1_000_000),
        gateway.Bytes("max-request-bytes", 1L << 40),
        (int)gateway.Number("max-concurrent-scans", 1, 1024),
        gateway.Duration("timeout"));

    private static RemotingSettings ReadRemoting(Section remoting) => new(
        (int)remoting.Number("max-connections", 1, 100_000),
        (int)remoting.Number("max-connections-per-address", 1, 100_000),
        remoting.Duration("handshake-timeout"),
        remoting.Duration("message-timeout"),
        remoting.Bytes("max-unfinished-bytes", 1L << 40));

    private static RegionSettings ReadRegions(Section regions)
    {
        var settings = new RegionSettings(regions.Bytes("split-size", 1L << 40), regions.Bytes("max-size", 1L << 40));
        return settings.SplitBytes < settings.MaxBytes ? settings
            : throw regions.Invalid("max-size", "must be above split-size: both halves must have something");
    }

    private static SnapshotSettings ReadSnapshots(Section snapshots)
    {
        var settings = new SnapshotSettings(
            (int)snapshots.Number("max-concurrent", 1, 100),
            snapshots.Bytes("bytes-per-second", 1L << 40),
            snapshots.Duration("idle-timeout"),
            snapshots.Duration("retry-interval"));
        if (settings.RetryInterval >= settings.IdleTimeout)
            throw snapshots.Invalid("retry-interval", "must be below idle-timeout");
        // Whoever waits for longer than that asks again, for what would only wait behind the first.
        return settings.MaxLeaving <= settings.BytesPerSecond * settings.RetryInterval.TotalSeconds ? settings
            : throw snapshots.Invalid("bytes-per-second",
                $"must let {settings.MaxLeaving} bytes through in retry-interval: two of the largest pairs for each of the "
                + "max-concurrent snapshots");
    }

    private static PlacementSettings ReadPlacement(Section placement)
    {
        var health = new HealthLimits(
            placement.Duration("disconnected-after"), placement.Duration("down-after"));
        var interval = placement.Duration("heartbeat-interval");
        if (health.Disconnected <= interval) throw placement.Invalid("disconnected-after", "must be above heartbeat-interval");
        if (health.Down < health.Disconnected) throw placement.Invalid("down-after", "must not be below disconnected-after");
        return new PlacementSettings(
            (int)placement.Number("replicas", 1, SetClusterConfig.MostReplicas), interval, health);
    }

    private static RaftOptions ReadRaft(Section raft)
    {
        var options = new RaftOptions
        {
            ElectionTicks = (int)raft.Number("election-ticks", 2, 10_000),
            HeartbeatTicks = (int)raft.Number("heartbeat-ticks", 1, 10_000),
            MaxEntriesPerAppend = (int)raft.Number("max-entries-per-append", 1, 1_000_000),
            MaxBytesPerAppend = (int)raft.Bytes("max-bytes-per-append", Core.Keys.Limits.MaxEntryBytes),
            MaxInflightAppends = (int)raft.Number("max-inflight-appends", 1, 1_000_000),
            MaxInflightBytes = raft.Bytes("max-inflight-bytes", 1L << 40),
            MaxPendingBytes = raft.Bytes("max-pending-bytes", 1L << 40),
            MaxLogEntries = raft.Number("max-log-entries", 1, 1_000_000_000),
            MaxLogBytes = raft.Bytes("max-log-bytes", 1L << 40),
            ProvidesSnapshots = true,
            LeaseReads = raft.Word("lease-reads", "on", "off") == "on",
            LeaseTicks = (int)raft.Number("lease-ticks", 1, 10_000),
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentException e)
        {
            var key = e.Message.Split(' ')[0];
            throw raft.Invalid(key, e.Message[key.Length..].TrimStart());
        }
        return options;
    }

    // Akka reads these when the first region starts, and would end the store over a wrong one.
    private static void CheckDispatchers(Config config)
    {
        foreach (var dispatcher in new[] { Dispatchers.Kv, Dispatchers.Raft, Dispatchers.Sync, Dispatchers.Snapshots })
        {
            var section = Section.Of(config, dispatcher);
            section.Number("throughput", 1, 1_000_000);
            if (dispatcher == Dispatchers.Raft) section.Duration("throughput-deadline-time");
            if (section.Text("executor") is not ("fork-join-executor" or "thread-pool-executor") and var executor
                && TypeNamed(executor) is null)
            {
                throw section.Invalid("executor", $"is '{executor}', must be fork-join-executor, thread-pool-executor or a type"
                    + " such as TinyKv.Actors.Node.ThreadsExecutorConfigurator, TinyKv.Actors");
            }
            Section.Of(config, $"{dispatcher}.dedicated-thread-pool").Number("thread-count", 0, 1024);
        }
    }

    private static Type? TypeNamed(string name)
    {
        try
        {
            return Type.GetType(name);
        }
        catch (Exception e) when (e is ArgumentException or TypeLoadException or IOException or BadImageFormatException)
        {
            // It is malformed, or its assembly is no such thing.
            return null;
        }
    }

    private static ImmutableArray<StoreAddress> ReadStores(Config config, Section cluster)
    {
        var list = config.GetValue("tinykv.cluster.stores");
        if (list is not null && !list.IsEmpty && !list.Values.TrueForAll(part => part.IsArray()))
            throw cluster.Invalid("stores", $"must be a list of objects: [ {{ {string.Join(", ", StoreKeys)} }}, ... ]");
        var stores = list?.GetArray().Select(ReadStore).ToList() ?? [];
        if (stores.Count == 0) throw cluster.Invalid("stores", Section.NotSet);
        if (stores.Count > Bootstrap.MaxStores)
            throw cluster.Invalid("stores", $"names {stores.Count} stores; a cluster begins with at most {Bootstrap.MaxStores}");
        var taken = new Dictionary<(string Host, int Port), StoreId>();
        for (var i = 0; i < stores.Count; i++)
        {
            var store = stores[i];
            // Those that follow are numbered by placement, which would give the same number to something else.
            if (store.Id.Value >= PlacementState.FirstId)
                throw cluster.Invalid($"stores[{i}].id",
                    $"is {store.Id.Value}, must be a whole number from 1 to {PlacementState.FirstId - 1}");
            if (stores.FindIndex(other => other.Id == store.Id) < i)
                throw cluster.Invalid($"stores[{i}].id", $"is {store.Id.Value} a second time; each store has its own");
            foreach (var (name, port) in Ports(store))
            {
                if (!taken.TryAdd((store.Host, port), store.Id))
                    throw cluster.Invalid($"stores[{i}].{name}",
                        $"is {port}, but {store.Host}:{port} is taken by {taken[(store.Host, port)]}");
            }
        }
        return [.. stores.OrderBy(store => store.Id.Value)];
    }

    private static IEnumerable<(string Name, int Port)> Ports(StoreAddress store) =>
    [
        ("grpc-port", store.GrpcPort), ("status-port", store.StatusPort), ("remoting-port", store.RemotingPort),
        ("raft-port", store.RaftPort),
    ];

    private static StoreAddress ReadStore(HoconValue value, int position)
    {
        var name = $"tinykv.cluster.stores[{position}]";
        if (!value.IsObject()) throw new SettingException(name, $"must be an object: {{ {string.Join(", ", StoreKeys)} }}");
        var items = value.GetObject().Items;
        if (items.Keys.FirstOrDefault(key => !StoreKeys.Contains(key, StringComparer.Ordinal)) is { } unknown)
            throw new SettingException($"{name}.{unknown}", "is not a setting" + Similar.DidYouMean(unknown, StoreKeys));
        var store = new Section(name, items.GetValueOrDefault);
        return new StoreAddress(
            new StoreId((ulong)store.Number("id", 1, long.MaxValue)),
            store.Host("host"),
            (int)store.Number("grpc-port", 1, 65535),
            (int)store.Number("status-port", 1, 65535),
            (int)store.Number("remoting-port", 1, 65535),
            (int)store.Number("raft-port", 1, 65535));
    }
}
