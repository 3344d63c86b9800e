using System.Buffers.Binary;
using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Storage;

/// <summary>
/// The keys of the records that a store keeps of a region in the column family <c>meta</c>: <c>r</c>, the region's number
/// (8 bytes, big endian), the record's letter. They live on disks: letters and forms never change their meaning.
/// </summary>
public static class MetaKeys
{
    /// <summary>Index and term of the last entry that is applied, which are written with every batch.</summary>
    public const byte Applied = (byte)'i';

    /// <summary>The region, and what there is of it.</summary>
    public const byte Region = (byte)'r';

    /// <summary>The last entry that an installed snapshot holds, from when its installation begins until the journal begins
    /// behind it.</summary>
    public const byte Snapshot = (byte)'a';

    /// <summary>Placement's next id and the end of its timestamps.</summary>
    public const byte PlacementState = (byte)'p';

    /// <summary>Placement's record of the cluster.</summary>
    public const byte PlacementCluster = (byte)'c';

    // Of no region.
    private const byte Known = (byte)'d';
    private const byte Directory = (byte)'o';
    private const byte Store = (byte)'s';
    private const byte OfRegion = (byte)'r';
    private const int KeyBytes = 10;
    private const int StoreKeyBytes = KeyBytes + 8;

    // What a store keeps of a region for itself, ascending. All other letters are the group's.
    private static readonly byte[] Own = [Snapshot, Applied, Region];

    /// <summary>The keys of what the placement group agrees on, ascending: everything but what a store keeps for
    /// itself.</summary>
    public static ImmutableArray<KeyRange> PlacementRanges { get; } = [.. Own.Append(byte.MaxValue).Zip(
        Own.Prepend(byte.MinValue), (end, before) => new KeyRange(
            Of(RegionId.Placement, (byte)(before + 1)), Of(RegionId.Placement, end)))];

    /// <summary>The key of a region's record.</summary>
    public static byte[] Of(RegionId region, byte record)
    {
        var key = new byte[KeyBytes];
        key[0] = OfRegion;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), region.Value);
        key[9] = record;
        return key;
    }

    /// <summary>The key of placement's record of a store: as those of its group's records, followed by the store's number
    /// (8 bytes, big endian).</summary>
    public static byte[] PlacementStore(StoreId store)
    {
        var key = new byte[StoreKeyBytes];
        Of(RegionId.Placement, Store).CopyTo(key, 0);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(KeyBytes), store.Value);
        return key;
    }

    /// <summary>The key of what a store knows of the stores that has no replica of placement: one letter, of no
    /// region.</summary>
    public static byte[] KnownStores => [Known];

    /// <summary>The key of the data directory that an engine belongs to: one letter, of no region.</summary>
    public static byte[] Owner => [Directory];

    /// <summary>The keys of placement's records of stores.</summary>
    public static KeyRange PlacementStores => new(
        Of(RegionId.Placement, Store), Of(RegionId.Placement, Store + 1));

    /// <summary>Whose record a key is of; null when it is no key of this record.</summary>
    public static RegionId? RegionOf(ReadOnlySpan<byte> key, byte record) =>
        key.Length == KeyBytes && key[0] == OfRegion && key[9] == record
            ? new RegionId(BinaryPrimitives.ReadUInt64BigEndian(key[1..])) : null;
}
