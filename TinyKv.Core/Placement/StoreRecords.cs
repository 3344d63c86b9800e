using System.Text.Json;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;

namespace TinyKv.Core.Placement;

/// <summary>
/// A <see cref="StoreDirectory"/> in the engine: a record for the cluster, and one for each store, as JSON, where there is a
/// replica of placement; one record of all of it elsewhere. They live on disks: fields are only ever added.
/// </summary>
public static class StoreRecords
{
    private static byte[] ClusterKey => MetaKeys.Of(RegionId.Placement, MetaKeys.PlacementCluster);

    /// <summary>The directory in an engine.</summary>
    /// <exception cref="InvariantViolationException">A record is none.</exception>
    public static StoreDirectory Load(ISnapshot snapshot)
    {
        if (snapshot.Get(ColumnFamily.Meta, ClusterKey) is not { } record) return StoreDirectory.Empty;
        var cluster = Parse<ClusterRecord>(record, "the record of the cluster");
        var stores = new List<StoreInfo>();
        using var records = snapshot.Iterate(ColumnFamily.Meta, MetaKeys.PlacementStores);
        while (records.MoveNext()) stores.Add(Parse<StoreRecordOnDisk>(records.Value, "the record of a store").ToInfo());
        return StoreDirectory.Of(cluster.Id, cluster.MaxReplicas, cluster.Version, stores);
    }

    /// <summary>The directory that a store has kept that has no replica of placement, or had none.</summary>
    /// <exception cref="InvariantViolationException">The record is none.</exception>
    public static StoreDirectory LoadKept(ISnapshot snapshot) =>
        snapshot.Get(ColumnFamily.Meta, MetaKeys.KnownStores) is not { } record ? StoreDirectory.Empty
            : Parse<KeptRecord>(record, "the record of the stores").ToDirectory();

    /// <summary>Keeps a directory in an engine, in the place of what was kept.</summary>
    public static void Keep(IWriteBatch batch, StoreDirectory directory) => batch.Put(
        ColumnFamily.Meta, MetaKeys.KnownStores,
        JsonSerializer.SerializeToUtf8Bytes(KeptRecord.Of(directory), JsonSerializerOptions.Web));

    /// <summary>The writes that bring an engine from one directory to the next.</summary>
    internal static IReadOnlyList<Modify> Changes(StoreDirectory before, StoreDirectory after)
    {
        if (ReferenceEquals(before, after)) return [];
        return
        [
            Put(ClusterKey, new ClusterRecord(after.Cluster, after.MaxReplicas, after.Version)),
            .. after.Since(before.Version).Select(
                store => Put(MetaKeys.PlacementStore(store.Id), StoreRecordOnDisk.Of(store))),
        ];
    }

    private static Modify.Put Put<T>(byte[] key, T record) =>
        new(ColumnFamily.Meta, key, JsonSerializer.SerializeToUtf8Bytes(record, JsonSerializerOptions.Web));

    private static T Parse<T>(ReadOnlySpan<byte> record, string what) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(record, JsonSerializerOptions.Web)
                ?? throw new InvariantViolationException($"{what} is empty");
        }
        catch (JsonException e)
        {
            throw new InvariantViolationException($"{what} in placement cannot be read: {e.Message}");
        }
    }

    private sealed record ClusterRecord(ulong Id, uint MaxReplicas, long Version);

    private sealed record KeptRecord(ClusterRecord Cluster, StoreRecordOnDisk[] Stores)
    {
        public static KeptRecord Of(StoreDirectory directory) => new(
            new ClusterRecord(directory.Cluster, directory.MaxReplicas, directory.Version),
            [.. directory.Stores.Values.Select(StoreRecordOnDisk.Of)]);

        public StoreDirectory ToDirectory() => StoreDirectory.Of(
            Cluster.Id, Cluster.MaxReplicas, Cluster.Version, Stores.Select(store => store.ToInfo()));
    }

    private sealed record StoreRecordOnDisk(
        ulong Id, ulong Directory, string Host, int Grpc, int Status, int Remoting, int Raft,
        SortedDictionary<string, string> Labels, StoreState State, string ProgramVersion, long Version)
    {
        public static StoreRecordOnDisk Of(StoreInfo store) => new(
            store.Id.Value, store.Directory.Value, store.Addresses.Host, store.Addresses.GrpcPort, store.Addresses.StatusPort,
            store.Addresses.RemotingPort, store.Addresses.RaftPort,
            new SortedDictionary<string, string>(store.Labels, StringComparer.Ordinal), store.State, store.ProgramVersion,
            store.Version);

        public StoreInfo ToInfo() => new()
        {
            Id = new StoreId(Id),
            Directory = new DirectoryId(Directory),
            Addresses = new StoreAddresses(Host, Grpc, Status, Remoting, Raft),
            Labels = StoreInfo.NoLabels.AddRange(Labels),
            State = State,
            ProgramVersion = ProgramVersion,
            Version = Version,
        };
    }
}
