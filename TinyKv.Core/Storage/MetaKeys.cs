using System.Buffers.Binary;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Storage;

/// <summary>
/// The keys of the records that a store keeps of a region in the column family <c>meta</c>: <c>r</c>, the region's number
/// (8 bytes, big endian), the record's letter. They live on disks: letters and forms never change their meaning.
/// </summary>
public static class MetaKeys
{
    /// <summary>The index of the last entry that is applied.</summary>
    public const byte AppliedIndex = (byte)'a';

    /// <summary>The region.</summary>
    public const byte Descriptor = (byte)'d';

    /// <summary>Placement's next id and the end of its timestamps.</summary>
    public const byte PlacementState = (byte)'p';

    private const byte RegionRecord = (byte)'r';
    private const int KeyBytes = 10;

    /// <summary>The key of a region's record.</summary>
    public static byte[] Of(RegionId region, byte record)
    {
        var key = new byte[KeyBytes];
        key[0] = RegionRecord;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), region.Value);
        key[9] = record;
        return key;
    }

    /// <summary>Whose record has a key; null when it is no key of a region's record.</summary>
    public static RegionId? RegionOf(ReadOnlySpan<byte> key) => key.Length == KeyBytes && key[0] == RegionRecord
        ? new RegionId(BinaryPrimitives.ReadUInt64BigEndian(key[1..])) : null;
}
