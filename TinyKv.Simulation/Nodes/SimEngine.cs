using System.Collections.Immutable;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Simulation.Nodes;

/// <summary>A store's engine over its disk's; every write makes a version that a loss of power may go back to.</summary>
internal sealed class SimEngine(World world, Machine machine) : IEngine
{
    private SimDisk Disk => machine.Disk;

    /// <inheritdoc/>
    public ISnapshot Snapshot() => Disk.Engine.Data.Snapshot();

    /// <inheritdoc/>
    public IWriteBatch NewBatch() => new SimBatch(Disk.Engine.Data);

    /// <inheritdoc/>
    public void Write(IWriteBatch batch, bool sync)
    {
        RequireSound();
        var before = Disk.Engine;
        var data = before.Data.Copy();
        data.Write(((SimBatch)batch).Inner, sync);
        List<(ColumnFamily Family, byte[] Key)> written = [.. ((SimBatch)batch).Written(before.Data)];
        var after = before.After(data, written);
        Disk.Add(after);
        // What a store keeps of the others is of no region.
        var isOfStores = written.Count > 0
            && written.TrueForAll(write => write.Key.AsSpan().SequenceEqual(MetaKeys.KnownStores));
        if (isOfStores) world.Marks.Hit(NodeMark.StoresKept);
        else world.Cluster.Rules.Written(machine, before, after, sync);
        if (sync) Disk.Flush();
    }

    /// <inheritdoc/>
    public long EstimateBytes(ColumnFamily family, KeyRange range) => Disk.Engine.Data.EstimateBytes(family, range);

    /// <inheritdoc/>
    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        using var batch = NewBatch();
        foreach (var range in ranges) batch.DeleteRange(family, range);
        Write(batch, sync: true);
        Disk.MayFailEngine();
        foreach (var pair in tables.Cast<MemoryTable>().SelectMany(table => table.Content))
            batch.Put(family, pair.Key, pair.Value);
        Write(batch, sync: true);
    }

    /// <inheritdoc/>
    public void Sync()
    {
        RequireSound();
        world.Marks.Hit(NodeMark.EngineSynced);
        world.Trace.Add($"{world.Clock} {machine.Name} engine is synced at {Disk.Engine}");
        Disk.Flush();
    }

    private void RequireSound()
    {
        if (!Disk.EngineFailed) return;
        machine.Process!.SawEngineFail = true;
        throw new DiskFaultException("the engine");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class SimBatch(MemoryEngine data) : IWriteBatch
    {
        private readonly IWriteBatch _inner = data.NewBatch();
        private readonly List<(ColumnFamily Family, byte[] Key)> _keys = [];
        private readonly List<(ColumnFamily Family, KeyRange Range)> _ranges = [];

        public IWriteBatch Inner => _inner;

        // Keys that the batch itself puts into a range that it deletes are in the list anyway.
        public IEnumerable<(ColumnFamily Family, byte[] Key)> Written(MemoryEngine before)
        {
            using var snapshot = before.Snapshot();
            foreach (var key in _keys) yield return key;
            foreach (var (family, range) in _ranges)
            {
                using var pairs = snapshot.Iterate(family, range);
                while (pairs.MoveNext()) yield return (family, pairs.Key.ToArray());
            }
        }

        public int Count => _inner.Count;

        public void Put(ColumnFamily family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            _keys.Add((family, key.ToArray()));
            _inner.Put(family, key, value);
        }

        public void Delete(ColumnFamily family, ReadOnlySpan<byte> key)
        {
            _keys.Add((family, key.ToArray()));
            _inner.Delete(family, key);
        }

        public void DeleteRange(ColumnFamily family, KeyRange range)
        {
            _ranges.Add((family, range));
            _inner.DeleteRange(family, range);
        }

        public void Dispose() => _inner.Dispose();
    }
}

/// <summary>The engine at one moment: what it says of regions, and a digest of each region's state.</summary>
internal sealed record EngineVersion(
    MemoryEngine Data, StoreCatalog Catalog, ImmutableDictionary<RegionId, long> AppliedUpTo,
    ImmutableDictionary<RegionId, LogPosition> Snapshots, ImmutableDictionary<RegionId, long> Digests)
{
    /// <summary>An engine that nothing was written to.</summary>
    public static EngineVersion Empty => new(new MemoryEngine(), StoreCatalog.Empty,
        ImmutableDictionary<RegionId, long>.Empty, ImmutableDictionary<RegionId, LogPosition>.Empty,
        ImmutableDictionary<RegionId, long>.Empty);

    /// <summary>The applied index of a region, 0 when there is none.</summary>
    public long Applied(RegionId region) => AppliedUpTo.GetValueOrDefault(region);

    /// <summary>Where the snapshot ends that was put in the place of a region, while its journal does not begin behind it yet.
    /// </summary>
    public LogPosition? SnapshotOf(RegionId region) =>
        Snapshots.TryGetValue(region, out var position) ? position : null;

    /// <summary>The regions that are being replaced by snapshots.</summary>
    public int Replaced => Catalog.Records.Count(record => record.State == RegionState.Applying);

    /// <summary>The version after a write.</summary>
    public EngineVersion After(MemoryEngine data, IReadOnlyCollection<(ColumnFamily Family, byte[] Key)> written)
    {
        using var old = Data.Snapshot();
        using var now = data.Snapshot();
        var (catalog, digests) = (Catalog, Digests);
        if (written.Any(write => MetaKeys.RegionOf(write.Key, MetaKeys.Region) is not null))
            catalog = StoreCatalog.Of(MetaRecords.ReadAll(now));
        var withKeys = catalog.Records.Where(record => record.Region.Id != RegionId.Placement).ToList();
        var changed = withKeys.Where(HasOtherKeys).Select(record => record.Region).ToList();
        foreach (var region in changed) digests = digests.SetItem(region.Id, DigestOf(now, region.Range));
        foreach (var (family, key) in written.Where(write => write.Family != ColumnFamily.Meta)
            .DistinctBy(write => (write.Family, Convert.ToHexString(write.Key))))
        {
            if (changed.Exists(region => region.Range.Contains(key))) continue;
            var (was, becomes) = (DigestOf(old, family, key), DigestOf(now, family, key));
            var owner = withKeys.Find(record => record.State != RegionState.Tombstone && record.Region.Range.Contains(key));
            // A snapshot of a region that was split since leaves nothing of what was its.
            if (owner is null && becomes == 0) continue;
            Invariant.Holds(owner is not null, $"{Convert.ToHexString(key)} is written, and no region has it");
            var id = owner.Region.Id;
            digests = digests.SetItem(id, digests.GetValueOrDefault(id) ^ was ^ becomes);
        }
        return new EngineVersion(data, catalog, catalog.Records.ToImmutableDictionary(
            record => record.Region.Id, record => MetaRecords.ReadApplied(now, record.Region.Id)?.Index ?? 0),
            SnapshotsIn(now, catalog), digests);
    }

    private static ImmutableDictionary<RegionId, LogPosition> SnapshotsIn(ISnapshot now, StoreCatalog catalog)
    {
        var found = ImmutableDictionary<RegionId, LogPosition>.Empty;
        foreach (var region in catalog.Records.Select(record => record.Region.Id))
            if (MetaRecords.ReadSnapshot(now, region) is { } position) found = found.Add(region, position);
        return found;
    }

    /// <summary>Where the reserved windows of timestamps end, in milliseconds.</summary>
    public long TimestampsEndMs
    {
        get
        {
            using var now = Data.Snapshot();
            return PlacementState.Load(now).TimestampsEndMs;
        }
    }

    /// <summary>The stores, as far as the replica of placement has applied it.</summary>
    public StoreDirectory Stores
    {
        get
        {
            using var now = Data.Snapshot();
            return StoreRecords.Load(now);
        }
    }

    /// <summary>A digest of what a region's state machine holds.</summary>
    public long DigestOf(RegionId region)
    {
        if (region != RegionId.Placement) return Digests.GetValueOrDefault(region);
        using var now = Data.Snapshot();
        var state = PlacementState.Load(now);
        var stores = StoreRecords.Load(now);
        return unchecked(stores.Stores.Values.Aggregate(
            (long)state.NextId * 31 + state.TimestampsEndMs + stores.Version * 17,
            (digest, store) => digest * 31 + (long)store.Id.Value * 7 + (long)store.Directory.Value));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", Catalog.Records.Select(record => $"{record.Region.Id} {Applied(record.Region.Id)}"));

    // Split, removed, or here for the first time.
    private bool HasOtherKeys(RegionRecord record) => Catalog.Find(record.Region.Id) is not { } known
        || known.Region.Range != record.Region.Range || known.State != record.State;

    private static long DigestOf(ISnapshot state, KeyRange range)
    {
        var digest = 0L;
        foreach (var family in ColumnFamilies.OfClients)
        {
            using var pairs = state.Iterate(family, range);
            while (pairs.MoveNext()) digest ^= DigestOf(pairs.Key, pairs.Value, family);
        }
        return digest;
    }

    private static long DigestOf(ISnapshot state, ColumnFamily family, byte[] key) =>
        state.Get(family, key) is { } value ? DigestOf(key, value, family) : 0;

    private static long DigestOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ColumnFamily family) =>
        unchecked(Digest.Of(key) * 31 + Digest.Of(value) * 17 + (int)family);
}

/// <summary>Numbers for bytes that are the same in every process.</summary>
internal static class Digest
{
    /// <summary>FNV-1a.</summary>
    public static long Of(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var next in bytes) hash = unchecked((hash ^ next) * 1099511628211UL);
        return (long)hash;
    }
}
