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
    private const int PositionBytes = 16;

    /// <summary>The regions that were ever on the store, ascending.</summary>
    /// <exception cref="StorageFailedException">A record is damaged.</exception>
    public static IReadOnlyList<RegionRecord> ReadAll(ISnapshot snapshot)
    {
        var regions = new List<RegionRecord>();
        using var records = snapshot.Iterate(ColumnFamily.Meta, KeyRange.All);
        while (records.MoveNext())
        {
            if (MetaKeys.RegionOf(records.Key, MetaKeys.Region) is { } region)
                regions.Add(Decode(region, records.Value.ToArray()));
        }
        return regions;
    }

    /// <summary>The record of a region; null when it was never on the store.</summary>
    /// <exception cref="StorageFailedException">It is damaged.</exception>
    public static RegionRecord? Read(ISnapshot snapshot, RegionId region) =>
        snapshot.Get(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.Region)) is { } bytes ? Decode(region, bytes) : null;

    /// <summary>Sets the record of a region.</summary>
    public static void Write(IWriteBatch batch, RegionRecord record) => batch.Put(
        ColumnFamily.Meta, MetaKeys.Of(record.Region.Id, MetaKeys.Region), RegionRecordWire.Encode(record));

    /// <summary>The last entry that is applied; null when there is no such region.</summary>
    public static LogPosition? ReadApplied(ISnapshot snapshot, RegionId region) =>
        ReadPosition(snapshot, MetaKeys.Of(region, MetaKeys.Applied), region);

    /// <summary>The last entry that is applied of a region that there is.</summary>
    /// <exception cref="InvariantViolationException">It is not there.</exception>
    public static LogPosition AppliedOf(ISnapshot snapshot, RegionId region)
    {
        var applied = ReadApplied(snapshot, region);
        Invariant.Holds(applied is not null, $"the engine knows {region}, and not what is applied of it");
        return applied.Value;
    }

    /// <summary>Sets the last entry that is applied.</summary>
    public static void WriteApplied(IWriteBatch batch, RegionId region, LogPosition applied) =>
        WritePosition(batch, MetaKeys.Of(region, MetaKeys.Applied), applied);

    /// <summary>The last entry of the snapshot that is being installed, or was and the journal does not begin behind it yet;
    /// null when there is none.</summary>
    public static LogPosition? ReadSnapshot(ISnapshot snapshot, RegionId region) =>
        ReadPosition(snapshot, MetaKeys.Of(region, MetaKeys.Snapshot), region);

    /// <summary>Sets or removes the last entry of the snapshot that is being installed.</summary>
    public static void WriteSnapshot(IWriteBatch batch, RegionId region, LogPosition? applied)
    {
        if (applied is { } position) WritePosition(batch, MetaKeys.Of(region, MetaKeys.Snapshot), position);
        else batch.Delete(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.Snapshot));
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

    private static RegionRecord Decode(RegionId region, byte[] bytes)
    {
        try
        {
            var record = RegionRecordWire.Decode(bytes);
            if (record.Region.Id != region) throw new MalformedMessageException($"it is of {record.Region.Id}");
            return record;
        }
        catch (MalformedMessageException e)
        {
            throw new StorageFailedException($"the record of {region} in the engine is damaged: {e.Message}", e)
            {
                IsDamage = true,
            };
        }
    }

    private static LogPosition? ReadPosition(ISnapshot snapshot, byte[] key, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, key) is not { } bytes) return null;
        Invariant.Holds(bytes.Length == PositionBytes, $"{region}: the record of a position has {bytes.Length} bytes");
        return new LogPosition(
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8)));
    }

    private static void WritePosition(IWriteBatch batch, byte[] key, LogPosition position)
    {
        Span<byte> value = stackalloc byte[PositionBytes];
        BinaryPrimitives.WriteInt64BigEndian(value, position.Index);
        BinaryPrimitives.WriteInt64BigEndian(value[8..], position.Term);
        batch.Put(ColumnFamily.Meta, key, value);
    }
}
