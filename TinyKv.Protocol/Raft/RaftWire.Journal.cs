using Google.Protobuf;
using TinyKv.Core.Raft;
using TinyKv.Core.Stores;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Raft;

/// <content>Journal events. Their bytes live on disks: fields are only ever added, and a checksum follows them.</content>
public static partial class RaftWire
{
    /// <summary>The bytes of one durable step.</summary>
    public static byte[] Encode(RaftRecord record)
    {
        var wire = new Proto.RaftRecord { Term = record.Term, Vote = record.Vote.Value };
        EntryWire.AddTo(wire.Entries, record.Entries);
        return Sealed(wire);
    }

    /// <summary>Reads what <see cref="Encode(RaftRecord)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static RaftRecord DecodeRecord(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.RaftRecord.Parser, Checksum.Open(bytes));
        return new RaftRecord(
            WireCodec.Count(wire.Term, "term"), new PeerId(wire.Vote), EntryWire.FromWire(wire.Entries));
    }

    /// <summary>The bytes of a peer's first event.</summary>
    public static byte[] Encode(InitialState initial)
    {
        var wire = new Proto.InitialState
        {
            TruncatedIndex = initial.Truncated.Index,
            TruncatedTerm = initial.Truncated.Term,
            Directory = initial.Directory.Value,
        };
        foreach (var voter in initial.Voters) wire.Voters.Add(voter.Value);
        return Sealed(wire);
    }

    /// <summary>Reads what <see cref="Encode(InitialState)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static InitialState DecodeInitialState(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.InitialState.Parser, Checksum.Open(bytes));
        ulong previous = 0;
        foreach (var voter in wire.Voters)
        {
            WireCodec.Require(voter > previous, "voters are not ascending");
            previous = voter;
        }
        return new InitialState(
            [.. wire.Voters.Select(voter => new PeerId(voter))],
            new LogPosition(
                WireCodec.Count(wire.TruncatedIndex, "truncated index"),
                WireCodec.Count(wire.TruncatedTerm, "truncated term")))
        {
            Directory = new DirectoryId(wire.Directory),
        };
    }

    private static byte[] Sealed(IMessage wire)
    {
        var buffer = Checksum.NewBuffer(wire.CalculateSize());
        wire.WriteTo(Checksum.Body(buffer));
        return Checksum.Seal(buffer);
    }
}
