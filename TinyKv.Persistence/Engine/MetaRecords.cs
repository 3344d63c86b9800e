using System.Buffers.Binary;
using Google.Protobuf;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Errors;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// The records that a store keeps of a region in the column family <c>meta</c>. Key: <c>r</c>, the region's number
/// (8 bytes, big endian), the record's letter. They live on disks: letters and forms never change their meaning.
/// </summary>
internal static class MetaRecords
{
    private const int KeyBytes = 10;

    private const byte AppliedIndex = (byte)'a';
    private const byte Descriptor = (byte)'d';
    private const byte PlacementState = (byte)'p';

    /// <summary>The applied index, or null when nothing was ever applied.</summary>
    public static long? ReadApplied(ISnapshot snapshot, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, Key(region, AppliedIndex)) is not { } bytes) return null;
        Invariant.Holds(bytes.Length == 8, $"{region}: the record of its applied index has {bytes.Length} bytes");
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    /// <summary>Sets the applied index.</summary>
    public static void WriteApplied(IWriteBatch batch, RegionId region, long applied)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, applied);
        batch.Put(ColumnFamily.Meta, Key(region, AppliedIndex), value);
    }

    /// <summary>The region, or null when nothing was ever applied.</summary>
    public static Region? ReadDescriptor(ISnapshot snapshot, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, Key(region, Descriptor)) is not { } bytes) return null;
        return RegionErrors.FromWire(Meta.Region.Parser.ParseFrom(bytes));
    }

    /// <summary>Sets the region.</summary>
    public static void WriteDescriptor(IWriteBatch batch, Region region) =>
        batch.Put(ColumnFamily.Meta, Key(region.Id, Descriptor), RegionErrors.ToWire(region).ToByteArray());

    /// <summary>Placement's next id and the end of its timestamps, or null when nothing was ever applied.</summary>
    public static (ulong NextId, long TimestampsEnd)? ReadPlacement(ISnapshot snapshot)
    {
        if (snapshot.Get(ColumnFamily.Meta, Key(RegionId.Placement, PlacementState)) is not { } bytes) return null;
        Invariant.Holds(bytes.Length == 16, $"the record of placement has {bytes.Length} bytes");
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8)));
    }

    /// <summary>Sets placement's next id and the end of its timestamps.</summary>
    public static void WritePlacement(IWriteBatch batch, ulong nextId, long timestampsEnd)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(value, nextId);
        BinaryPrimitives.WriteInt64BigEndian(value[8..], timestampsEnd);
        batch.Put(ColumnFamily.Meta, Key(RegionId.Placement, PlacementState), value);
    }

    /// <summary>The regions that the engine keeps records of, ascending.</summary>
    public static IReadOnlyList<RegionId> Regions(ISnapshot snapshot)
    {
        var regions = new SortedSet<ulong>();
        using var records = snapshot.Iterate(ColumnFamily.Meta, KeyRange.All);
        while (records.MoveNext())
            if (records.Key.Length == KeyBytes && records.Key[0] == 'r')
                regions.Add(BinaryPrimitives.ReadUInt64BigEndian(records.Key[1..]));
        return [.. regions.Select(region => new RegionId(region))];
    }

    private static byte[] Key(RegionId region, byte record)
    {
        var key = new byte[KeyBytes];
        key[0] = (byte)'r';
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), region.Value);
        key[9] = record;
        return key;
    }
}
