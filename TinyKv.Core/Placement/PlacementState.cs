using System.Buffers.Binary;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Placement;

/// <summary>What the placement group has agreed on; in the engine one record of 16 bytes, both numbers big endian.</summary>
/// <param name="NextId">The first id that is not handed out.</param>
/// <param name="TimestampsEndMs">Where the reserved timestamps end, in milliseconds since 1970.</param>
public readonly record struct PlacementState(ulong NextId, long TimestampsEndMs)
{
    /// <summary>Below are the numbers of the stores, regions and peers that a cluster begins with.</summary>
    public const ulong FirstId = 1000;

    private const int RecordBytes = 16;

    private static byte[] Key => MetaKeys.Of(RegionId.Placement, MetaKeys.PlacementState);

    /// <summary>The state in an engine.</summary>
    /// <exception cref="InvariantViolationException">The record is none.</exception>
    public static PlacementState Load(ISnapshot snapshot)
    {
        if (snapshot.Get(ColumnFamily.Meta, Key) is not { } record) return new PlacementState(FirstId, 0);
        Invariant.Holds(record.Length == RecordBytes, $"the record of placement has {record.Length} bytes");
        return new PlacementState(
            BinaryPrimitives.ReadUInt64BigEndian(record), BinaryPrimitives.ReadInt64BigEndian(record.AsSpan(8)));
    }

    /// <summary>The write that puts it into an engine.</summary>
    public Modify Save()
    {
        var record = new byte[RecordBytes];
        BinaryPrimitives.WriteUInt64BigEndian(record, NextId);
        BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(8), TimestampsEndMs);
        return new Modify.Put(ColumnFamily.Meta, Key, record);
    }
}
