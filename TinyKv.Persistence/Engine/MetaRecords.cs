using System.Buffers.Binary;
using Google.Protobuf;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Errors;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Persistence.Engine;

/// <summary>The records that a store keeps of every region in the column family <c>meta</c>, under
/// <see cref="MetaKeys"/>.</summary>
public static class MetaRecords
{
    /// <summary>The applied index, or null when nothing was ever applied.</summary>
    public static long? ReadApplied(ISnapshot snapshot, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.AppliedIndex)) is not { } bytes) return null;
        Invariant.Holds(bytes.Length == 8, $"{region}: the record of its applied index has {bytes.Length} bytes");
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    /// <summary>Sets the applied index.</summary>
    public static void WriteApplied(IWriteBatch batch, RegionId region, long applied)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, applied);
        batch.Put(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.AppliedIndex), value);
    }

    /// <summary>The region, or null when nothing was ever applied.</summary>
    public static Region? ReadDescriptor(ISnapshot snapshot, RegionId region)
    {
        if (snapshot.Get(ColumnFamily.Meta, MetaKeys.Of(region, MetaKeys.Descriptor)) is not { } bytes) return null;
        return RegionErrors.FromWire(Meta.Region.Parser.ParseFrom(bytes));
    }

    /// <summary>Sets the region.</summary>
    public static void WriteDescriptor(IWriteBatch batch, Region region) =>
        batch.Put(ColumnFamily.Meta, MetaKeys.Of(region.Id, MetaKeys.Descriptor), RegionErrors.ToWire(region).ToByteArray());

    /// <summary>The regions that the engine keeps records of, ascending.</summary>
    public static IReadOnlyList<RegionId> Regions(ISnapshot snapshot)
    {
        var regions = new SortedSet<ulong>();
        using var records = snapshot.Iterate(ColumnFamily.Meta, KeyRange.All);
        while (records.MoveNext())
            if (MetaKeys.RegionOf(records.Key) is { } region) regions.Add(region.Value);
        return [.. regions.Select(region => new RegionId(region))];
    }
}
