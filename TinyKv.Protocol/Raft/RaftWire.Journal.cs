using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Stores;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Raft;

/// <content>Journal events. Their bytes live on disks: fields are only ever added, and a checksum follows them.</content>
public static partial class RaftWire
{
    /// <summary>The bytes of one durable step.</summary>
    public static byte[] Encode(RaftRecord record) => Checksum.Sealed(ToWire(record));

    /// <summary>Reads what <see cref="Encode(RaftRecord)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static RaftRecord DecodeRecord(ReadOnlyMemory<byte> bytes) =>
        FromWire(WireCodec.Parse(Proto.RaftRecord.Parser, Checksum.Open(bytes)));

    /// <summary>The bytes of a peer's first event.</summary>
    public static byte[] Encode(InitialState initial) => Checksum.Sealed(ToWire(initial));

    /// <summary>Reads what <see cref="Encode(InitialState)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static InitialState DecodeInitialState(ReadOnlyMemory<byte> bytes) =>
        FromWire(WireCodec.Parse(Proto.InitialState.Parser, Checksum.Open(bytes)));

    /// <summary>The bytes of what takes the place of a peer's events so far.</summary>
    public static byte[] Encode(RaftCheckpoint checkpoint) => Checksum.Sealed(new Proto.RaftCheckpoint
    {
        Initial = ToWire(checkpoint.Initial),
        Record = ToWire(checkpoint.Record),
    });

    /// <summary>Reads what <see cref="Encode(RaftCheckpoint)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static RaftCheckpoint DecodeCheckpoint(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.RaftCheckpoint.Parser, Checksum.Open(bytes));
        WireCodec.Require(wire.Initial is not null && wire.Record is not null, "a checkpoint without its state");
        var (initial, record) = (FromWire(wire.Initial), FromWire(wire.Record));
        if (!record.Entries.IsEmpty) EntryWire.RequireSuccessor(initial.Truncated, record.Entries[0].Position);
        return new RaftCheckpoint(initial, record);
    }

    private static Proto.RaftRecord ToWire(RaftRecord record)
    {
        var wire = new Proto.RaftRecord { Term = record.Term, Vote = record.Vote.Value };
        EntryWire.AddTo(wire.Entries, record.Entries);
        return wire;
    }

    private static RaftRecord FromWire(Proto.RaftRecord wire) => new(
        WireCodec.Count(wire.Term, "term"), new PeerId(wire.Vote), EntryWire.FromWire(wire.Entries));

    private static Proto.InitialState ToWire(InitialState initial) => new()
    {
        TruncatedIndex = initial.Truncated.Index,
        TruncatedTerm = initial.Truncated.Term,
        Directory = initial.Directory.Value,
        Configuration = WireCodec.Wrap(ConfigurationCodec.Encode(initial.Configuration)),
    };

    private static InitialState FromWire(Proto.InitialState wire)
    {
        var members = wire.Configuration.Span;
        if (ConfigurationCodec.Contradiction(members) is { } wrong)
            throw new MalformedMessageException($"an initial state without members: {wrong}");
        return new InitialState(
            ConfigurationCodec.Decode(members),
            new LogPosition(
                WireCodec.Count(wire.TruncatedIndex, "truncated index"),
                WireCodec.Count(wire.TruncatedTerm, "truncated term")))
        {
            Directory = new DirectoryId(wire.Directory),
        };
    }
}
