using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Snapshots;

/// <summary>What a seed decides beforehand: the region as it was and as it is, and what engines hold.</summary>
internal sealed class SnapshotPlan
{
    private const int MaxPairs = 60;

    private readonly Random _random;

    public SnapshotPlan(Random random)
    {
        _random = random;
        var (start, end) = (random.Next(0, 20), random.Next(60, 90));
        var peers = random.Next(2, 5);
        Region = new Region(
            random.Percent(10) ? RegionId.Placement : new RegionId(7), Range(start, end), new RegionEpoch(4, 3),
            [.. Enumerable.Range(1, peers).Select(
                store => new Peer(new PeerId((ulong)(70 + store)), new StoreId((ulong)store)))]);
        // What was split off since was at its end.
        Before = random.Percent(70) ? Region with
        {
            Range = Range(start, random.Percent(50) ? end : 95),
            Epoch = new RegionEpoch((ulong)random.Next(1, 5), (ulong)random.Next(1, 4)),
            Peers = Region.Peers[..2],
        }
            : null;
        Applied = new LogPosition(random.Next(100, 200), 7);
        Sender = Filled(Region, Applied, isEmpty: random.Percent(5));
        Receiver = Filled(Before, AppliedBefore, isEmpty: false);
    }

    /// <summary>The region as the sender has it.</summary>
    public Region Region { get; }

    /// <summary>The region as the receiver has it; null when it has none.</summary>
    public Region? Before { get; }

    /// <summary>What the sender has applied.</summary>
    public LogPosition Applied { get; }

    /// <summary>What the receiver has applied.</summary>
    public static LogPosition AppliedBefore { get; } = new(50, 6);

    /// <summary>The engine of the sender.</summary>
    public MemoryEngine Sender { get; }

    /// <summary>The engine of the receiver, which has keys of other regions on both sides.</summary>
    public MemoryEngine Receiver { get; }

    /// <summary>The keys of a region in a family, as numbers from 0 to 99.</summary>
    public static KeyRange Range(int start, int end) => new(new[] { (byte)(start + 1) }, new[] { (byte)(end + 1) });

    private MemoryEngine Filled(Region? region, LogPosition applied, bool isEmpty)
    {
        var engine = new MemoryEngine();
        using var batch = engine.NewBatch();
        foreach (var family in ColumnFamilies.OfClients)
        {
            for (var pairs = isEmpty || _random.Percent(10) ? 0 : _random.Next(MaxPairs); pairs > 0; pairs--)
                batch.Put(family, Key(_random.Next(100)), Bytes(_random.Next(20)));
        }
        if (region is not null)
        {
            if (region.Id == RegionId.Placement && !isEmpty) PutPlacement(batch);
            MetaRecords.Write(batch, new RegionRecord(region) { JournalBorn = true });
            MetaRecords.WriteApplied(batch, region.Id, applied);
        }
        engine.Write(batch, sync: true);
        return engine;
    }

    // Records of all letters there may be, some of several keys.
    private void PutPlacement(IWriteBatch batch)
    {
        for (var letter = (byte)'b'; letter <= (byte)'z'; letter++)
        {
            var key = MetaKeys.Of(RegionId.Placement, letter);
            if (MetaKeys.PlacementRanges.Any(range => range.Contains(key)))
                batch.Put(ColumnFamily.Meta, _random.Percent(50) ? key : [.. key, (byte)_random.Next(256)], Bytes(16));
        }
    }

    private byte[] Key(int number)
    {
        var key = new byte[_random.Next(1, 4)];
        key[0] = (byte)(number + 1);
        return key;
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
