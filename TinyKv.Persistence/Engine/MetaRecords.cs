using System.Buffers.Binary;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol;
using TinyKv.Protocol.Regions;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// The records that a store keeps of every region in the column family <c>meta</c>, under <see cref="MetaKeys"/>: which
/// regions there are, and how far each is applied. They are the truth about that.
/// </summary>
public static class MetaRecords
{
    private const int AppliedBytes = 16;

    /// <summary>The regions that were ever on the store, ascending.</summary>
    /// <exception cref="StorageFailedException">A record is damaged.</exception>
    public static IReadOnlyList<RegionRecord> ReadAll(ISnapshot snapshot)
    {
        var regions = new List<RegionRecord>();
        using var records = snapshot.Iterate(ColumnFamily.Meta, KeyRange.All);
        while (records.MoveNext())
        {
            if (MetaKeys.RegionOf(records.Key, MetaKeys.Region) is not { } region) continue;
            try
            {
                var record = RegionRecordWire.Decode(records.Value.ToArray());
                if (record.Region.Id != region) throw new MalformedMessageException($"it is of {record.Region.Id}");
                regions.Add(record);
            }
            catch (MalformedMessageException e)
            {
                throw new StorageFailedException($"the record of {region} in the engine is damaged: {e.Message}", e)
                {
                    IsDamage = true,
                };
            }
        }
        return regions;
    }

    /// <summary>Sets the record of a region.</summary>
    public static void Write(IWriteBatch batch, RegionRecord record) => batch.Put(
        ColumnFamily.Meta, MetaKeys.Of(record.Region.Id, MetaKeys.Region), RegionRecordWire.Encode(record));

    /// <summary>The last entry that is applied; null when there is no such region.</summary>
    public static LogPosition? ReadApplied(ISnapshot snapshot, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.Applied)) is not { } bytes) return null;
        Invariant.Holds(bytes.Length == AppliedBytes, $"{region}: the record of what is applied has {bytes.Length} bytes");
        return new LogPosition(
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8)));
    }

    /// <summary>Sets the last entry that is applied.</summary>
    public static void WriteApplied(IWriteBatch batch, RegionId region, LogPosition applied)
    {
        Span<byte> value = stackalloc byte[AppliedBytes];
        BinaryPrimitives.WriteInt64BigEndian(value, applied.Index);
        BinaryPrimitives.WriteInt64BigEndian(value[8..], applied.Term);
        batch.Put(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.Applied), value);
    }

    /// <summary>Makes the regions that a store begins with, durably: all of them or none.</summary>
    public static void Create(IEngine engine, IEnumerable<RegionRecord> regions)
    {
        using var batch = engine.NewBatch();
        foreach (var record in regions)
        {
            Write(batch, record);
            WriteApplied(batch, record.Region.Id, InitialState.Origin);
        }
        engine.Write(batch, sync: true);
    }
}
