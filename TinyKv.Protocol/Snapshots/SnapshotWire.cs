using System.Collections.Immutable;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Snapshots;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raft;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Snapshots;

/// <summary>A table of a snapshot, as its manifest has it.</summary>
/// <param name="Family">The family.</param>
/// <param name="Pairs">How many pairs it has.</param>
/// <param name="Bytes">The size of its file.</param>
public readonly record struct TableEntry(ColumnFamily Family, long Pairs, long Bytes);

/// <summary>Parts of snapshots as bytes, each with a checksum behind it.</summary>
public static class SnapshotWire
{
    /// <summary>The most bytes of a chunk: of one that is a single pair, the largest there may be.</summary>
    public const int MaxChunkBytes = 16 * 1024 * 1024 - 4096;

    /// <summary>The bytes of a header.</summary>
    public static byte[] Encode(SnapshotHeader header) => Checksum.Sealed(ToWire(header));

    /// <summary>Reads a header.</summary>
    /// <exception cref="SnapshotDamagedException">The bytes are something else.</exception>
    public static SnapshotHeader DecodeHeader(ReadOnlyMemory<byte> bytes) =>
        Read("the header", bytes, Proto.SnapshotHeader.Parser, FromWire);

    /// <summary>The bytes of a chunk.</summary>
    public static byte[] Encode(SnapshotChunk chunk)
    {
        var wire = new Proto.SnapshotChunk
        {
            Applied = EntryWire.ToWire(chunk.Applied),
            From = ToWire(chunk.From),
            Next = ToWire(chunk.Next),
            Last = chunk.IsLast,
        };
        foreach (var pair in chunk.Pairs)
            wire.Pairs.Add(new Proto.SnapshotPair { Key = WireCodec.Wrap(pair.Key), Value = WireCodec.Wrap(pair.Value) });
        return Checksum.Sealed(wire);
    }

    /// <summary>Reads a chunk.</summary>
    /// <exception cref="SnapshotDamagedException">The bytes are something else.</exception>
    public static SnapshotChunk DecodeChunk(ReadOnlyMemory<byte> bytes) =>
        Read("a chunk", bytes, Proto.SnapshotChunk.Parser, FromWire);

    /// <summary>The bytes of what says that a snapshot is whole.</summary>
    public static byte[] EncodeManifest(SnapshotHeader header, IEnumerable<TableEntry> tables)
    {
        var wire = new Proto.SnapshotManifest { Header = ToWire(header) };
        foreach (var (family, pairs, bytes) in tables)
            wire.Tables.Add(new Proto.SnapshotTable { ColumnFamily = (int)family, Pairs = pairs, Bytes = bytes });
        return Checksum.Sealed(wire);
    }

    /// <summary>Reads what says that a snapshot is whole.</summary>
    /// <exception cref="SnapshotDamagedException">The bytes are something else.</exception>
    public static (SnapshotHeader Header, ImmutableArray<TableEntry> Tables) DecodeManifest(ReadOnlyMemory<byte> bytes) =>
        Read("the manifest", bytes, Proto.SnapshotManifest.Parser, wire => (FromWire(wire.Header), Tables(wire)));

    /// <summary>A place as a message.</summary>
    public static Proto.SnapshotCursor ToWire(SnapshotCursor cursor) => new()
    {
        ColumnFamily = (int)cursor.Family,
        After = WireCodec.Wrap(cursor.After),
        Pairs = cursor.Pairs,
        Bytes = cursor.Bytes,
    };

    /// <summary>Reads a place.</summary>
    /// <exception cref="MalformedMessageException">It is none.</exception>
    public static SnapshotCursor FromWire(Proto.SnapshotCursor? wire)
    {
        WireCodec.Require(wire is { Pairs: >= 0, Bytes: >= 0 }, "a snapshot has no such place");
        return new SnapshotCursor(Family(wire.ColumnFamily), wire.After.Memory, wire.Pairs, wire.Bytes);
    }

    private static Proto.SnapshotHeader ToWire(SnapshotHeader header) => new()
    {
        Format = (uint)header.Format,
        Region = RegionErrors.ToWire(header.Region),
        Applied = EntryWire.ToWire(header.Applied),
    };

    private static SnapshotHeader FromWire(Proto.SnapshotHeader? wire)
    {
        WireCodec.Require(wire?.Region?.RegionEpoch is not null, "a snapshot without a region");
        WireCodec.Require(wire.Format == SnapshotHeader.CurrentFormat, $"a snapshot of format {wire.Format}");
        return new SnapshotHeader(RegionErrors.FromWire(wire.Region), EntryWire.FromWire(wire.Applied));
    }

    private static SnapshotChunk FromWire(Proto.SnapshotChunk wire) => new(
        EntryWire.FromWire(wire.Applied), FromWire(wire.From),
        [.. wire.Pairs.Select(pair => new SnapshotPair(pair.Key.Memory, pair.Value.Memory))],
        FromWire(wire.Next), wire.Last);

    private static ImmutableArray<TableEntry> Tables(Proto.SnapshotManifest wire) =>
        [.. wire.Tables.Select(table => new TableEntry(Family(table.ColumnFamily), table.Pairs, table.Bytes))];

    private static ColumnFamily Family(int number)
    {
        WireCodec.Require(Enum.IsDefined((ColumnFamily)number), $"there is no column family {number}");
        return (ColumnFamily)number;
    }

    private static T Read<T, TWire>(
        string what, ReadOnlyMemory<byte> bytes, MessageParser<TWire> parser, Func<TWire, T> read)
        where TWire : IMessage<TWire>
    {
        try
        {
            return read(WireCodec.Parse(parser, Checksum.Open(bytes, what)));
        }
        catch (MalformedMessageException e)
        {
            throw new SnapshotDamagedException($"{what} of a snapshot is damaged: {e.Message}", e);
        }
    }
}
