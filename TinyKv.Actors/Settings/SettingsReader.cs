using System.Collections.Immutable;
using Akka.Configuration;
using TinyKv.Actors.Hosting;
using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Persistence;

namespace TinyKv.Actors.Settings;

/// <summary>Reads <see cref="TinyKvSettings"/> from HOCON, once.</summary>
public static class SettingsReader
{
    private static readonly string[] StoreKeys = ["id", "host", "grpc-port", "status-port", "remoting-port"];

    /// <summary>The settings of a configuration that the reference files are part of.</summary>
    /// <exception cref="TinyKvException">A key is unknown or missing, or a value is wrong; names the key.</exception>
    public static TinyKvSettings Read(Config config)
    {
        ReferenceConfig.RefuseUnknownKeys(config);
        var cluster = Section.Of(config, "tinykv.cluster");
        var store = Section.Of(config, "tinykv.store");
        var raft = Section.Of(config, "tinykv.raft");
        var root = Section.Of(config, "tinykv");
        var stores = ReadStores(config, cluster);
        var self = new StoreId((ulong)store.Number("id", 0, long.MaxValue));
        if (self == StoreId.None) throw store.Wrong("id", "is missing; it has no default");
        if (stores.All(address => address.Id != self))
            throw store.Wrong("id", $"is {self.Value}, but tinykv.cluster.stores lists no store with that id");
        var storage = Section.Of(config, "tinykv.storage");
        var mode = storage.Word("mode", "raft", "standalone");
        if (mode == "standalone" && stores.Length > 1)
            throw storage.Wrong("mode", "is standalone, but tinykv.cluster.stores lists several stores");
        CheckDispatchers(config);
        var journal = root.Word("journal", [.. JournalSetup.Kinds]);
        JournalSetup.RequireSettings(journal, config.GetConfig("tinykv"));
        return new TinyKvSettings
        {
            ClusterName = cluster.Text("name"),
            Stores = stores,
            StoreId = self,
            DataDirectory = Path.GetFullPath(store.Text("data-directory")),
            BindHost = store.Text("bind-host"),
            StorageMode = mode == "raft" ? StorageMode.Raft : StorageMode.Standalone,
            Journal = journal,
            TickInterval = raft.Duration("tick-interval"),
            Raft = ReadRaft(raft),
            MaxQueuedRequests = (int)raft.Number("max-queued-requests", 1, 1_000_000),
            Gateway = ReadGateway(Section.Of(config, "tinykv.gateway")),
        };
    }

    private static GatewaySettings ReadGateway(Section gateway) => new(
        (int)gateway.Number("max-requests", 1, 1_000_000),
        gateway.Bytes("max-request-bytes", 1L << 40),
        (int)gateway.Number("max-concurrent-scans", 1, 1024),
        gateway.Duration("patience"));

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
            LeaseReads = raft.Word("lease-reads", "on", "off") == "on",
            LeaseTicks = (int)raft.Number("lease-ticks", 1, 10_000),
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentException e)
        {
            throw new TinyKvException($"tinykv.raft.{e.Message}", e);
        }
        return options;
    }

    // Akka reads these when the first region starts, and would end the store over a wrong one.
    private static void CheckDispatchers(Config config)
    {
        foreach (var dispatcher in new[] { Dispatchers.Kv, Dispatchers.Raft })
        {
            Section.Of(config, dispatcher).Number("throughput", 1, 1_000_000);
            Section.Of(config, $"{dispatcher}.dedicated-thread-pool").Number("thread-count", 0, 1024);
        }
    }

    private static ImmutableArray<StoreAddress> ReadStores(Config config, Section cluster)
    {
        var list = config.GetValue("tinykv.cluster.stores");
        if (list is null || list.IsEmpty) throw cluster.Wrong("stores", "is missing; it has no default");
        if (!list.IsArray()) throw cluster.Wrong("stores", "must be a list of objects");
        var stores = ImmutableArray.CreateBuilder<StoreAddress>();
        foreach (var value in list.GetArray()) stores.Add(ReadStore(value, stores.Count));
        if (stores.Count == 0) throw cluster.Wrong("stores", "is missing; it has no default");
        stores.Sort((a, b) => a.Id.Value.CompareTo(b.Id.Value));
        for (var i = 1; i < stores.Count; i++)
            if (stores[i].Id == stores[i - 1].Id) throw cluster.Wrong("stores", $"lists {stores[i].Id} twice");
        var taken = new Dictionary<(string Host, int Port), StoreId>();
        foreach (var store in stores)
        {
            foreach (var port in new[] { store.GrpcPort, store.StatusPort, store.RemotingPort })
                if (!taken.TryAdd((store.Host, port), store.Id))
                    throw cluster.Wrong("stores", $"uses {store.Host}:{port} twice, the second time for {store.Id}");
        }
        return stores.ToImmutable();
    }

    private static StoreAddress ReadStore(Akka.Configuration.Hocon.HoconValue value, int position)
    {
        var name = $"tinykv.cluster.stores[{position}]";
        if (!value.IsObject()) throw new TinyKvException($"{name} must be an object with {string.Join(", ", StoreKeys)}");
        var items = value.GetObject().Items;
        if (items.Keys.FirstOrDefault(key => !StoreKeys.Contains(key, StringComparer.Ordinal)) is { } unknown)
            throw new TinyKvException($"{name}.{unknown} is not a setting");
        var store = new Section(name, items.GetValueOrDefault);
        return new StoreAddress(
            new StoreId((ulong)store.Number("id", 1, long.MaxValue)),
            Host(store),
            (int)store.Number("grpc-port", 1, 65535),
            (int)store.Number("status-port", 1, 65535),
            (int)store.Number("remoting-port", 1, 65535));
    }

    // It becomes part of addresses that clients and other stores compare as texts.
    private static string Host(Section store)
    {
        var host = store.Text("host");
        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4
            ? host : throw store.Wrong("host", $"is '{host}', must be a host name or an IPv4 address");
    }
}
