using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Wire.Internal;
using Entry = TinyKv.Core.Raft.Entry;
using InitialState = TinyKv.Core.Raft.InitialState;
using RaftCheckpoint = TinyKv.Core.Raft.RaftCheckpoint;
using RaftRecord = TinyKv.Core.Raft.RaftRecord;

namespace TinyKv.Tests.Protocol;

public sealed class RaftWireTests
{
    private static readonly RegionId Region = new(7);

    private const string MembersHex =
        "0000000000000001" + "0000000000000002" + "00" + "000000000000012C" + "0000000000000005" + "01";

    private static readonly Configuration Members = new(
        [new Peer(new PeerId(1), new StoreId(2)), new Peer(new PeerId(300), new StoreId(5), MemberRole.Learner)]);

    [Fact]
    public void Every_message_survives_the_wire() => Gens.Envelope.Sample(envelope =>
    {
        var bytes = RaftWire.ToWire(Region, envelope).ToByteArray();
        var wire = PeerMessage.Parser.ParseFrom(bytes);
        Assert.Equal(Region.Value, wire.RegionId);
        AssertSame(envelope, RaftWire.FromWire(wire));
    });

    [Fact]
    public void A_wrapped_payload_is_not_copied()
    {
        byte[] data = [1, 2, 3];
        var append = new RaftMessage.Append(
            LogPosition.Zero, [new Entry(new LogPosition(1, 1), EntryKind.Command, data)], 0);
        var wire = RaftWire.ToWire(Region, new RaftEnvelope(new PeerId(1), new PeerId(2), 1, append));

        Assert.True(wire.Append.Entries[0].Data.Memory.Equals(data.AsMemory()));
    }

    [Fact]
    public void Every_record_survives_the_journal() => Gens.Record.Sample(record =>
    {
        var read = RaftWire.DecodeRecord(RaftWire.Encode(record));
        Assert.Equal((record.Term, record.Vote), (read.Term, read.Vote));
        Assert.Equal(record.Entries.ToArray(), read.Entries.ToArray());
    });

    [Fact]
    public void Every_initial_state_survives_the_journal() => Gens.Initial.Sample(initial =>
    {
        var read = RaftWire.DecodeInitialState(RaftWire.Encode(initial));
        Assert.Equal(initial.Truncated, read.Truncated);
        Assert.Equal(initial.Configuration, read.Configuration);
    });

    [Fact]
    public void Every_checkpoint_survives_the_journal() => Gens.Checkpoint.Sample(checkpoint =>
    {
        var read = RaftWire.DecodeCheckpoint(RaftWire.Encode(checkpoint));
        Assert.Equal(checkpoint.Initial.Truncated, read.Initial.Truncated);
        Assert.Equal(checkpoint.Initial.Configuration, read.Initial.Configuration);
        Assert.Equal((checkpoint.Record.Term, checkpoint.Record.Vote), (read.Record.Term, read.Record.Vote));
        Assert.Equal(checkpoint.Record.Entries.ToArray(), read.Record.Entries.ToArray());
    });

    [Fact]
    public void The_bytes_of_a_checkpoint_never_change()
    {
        var checkpoint = new RaftCheckpoint(
            new InitialState(Members, new LogPosition(299, 4)) { Directory = new(7) },
            new RaftRecord(5, new PeerId(2), [new Entry(new LogPosition(300, 4), EntryKind.Command, "ab"u8.ToArray())]));

        Assert.Equal("0A3210AB021804210700000000000000" + "2A22" + MembersHex + "120F080510021A0908AC02100422026162" + "4FD231CD",
            Convert.ToHexString(RaftWire.Encode(checkpoint)));
    }

    [Fact]
    public void The_rest_of_the_log_in_a_checkpoint_follows_what_it_leaves_out()
    {
        var wire = new TinyKv.Protocol.Wire.Internal.RaftCheckpoint
        {
            Initial = new()
            {
                TruncatedIndex = 5,
                TruncatedTerm = 1,
                Configuration = ByteString.CopyFrom(ConfigurationCodec.Encode(Members)),
            },
            Record = new() { Term = 9, Entries = { new LogEntry { Index = 7, Term = 1 } } },
        };

        Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeCheckpoint(Sealed(wire.ToByteArray())));
    }

    [Fact]
    public void An_initial_state_without_voters_is_malformed()
    {
        foreach (var members in new[] { "", "00", new string('0', 34), "0000000000000001" + "0000000000000001" + "01" })
        {
            var wire = new TinyKv.Protocol.Wire.Internal.InitialState
            {
                Configuration = ByteString.CopyFrom(Convert.FromHexString(members)),
            };
            Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeInitialState(Sealed(wire.ToByteArray())));
        }
    }

    [Fact]
    public void The_bytes_of_a_record_never_change()
    {
        var record = new RaftRecord(5, new PeerId(3),
        [
            new Entry(new LogPosition(300, 4), EntryKind.Command, "ab"u8.ToArray()),
            new Entry(new LogPosition(301, 5), EntryKind.NoOp, default),
        ]);

        Assert.Equal("08051003" + "1A0908AC02100422026162" + "1A0708AD0210051801" + "F6CC6847",
            Convert.ToHexString(RaftWire.Encode(record)));
    }

    [Fact]
    public void The_bytes_of_an_initial_state_never_change()
    {
        var initial = new InitialState(Members, new LogPosition(5, 6));

        Assert.Equal("10051806" + "2A22" + MembersHex + "C51CA9B4", Convert.ToHexString(RaftWire.Encode(initial)));
    }

    [Fact]
    public void Junk_is_only_ever_reported_as_malformed()
    {
        var records = Gens.Record.Select(record => RaftWire.Encode(record));
        var initials = Gens.Initial.Select(initial => RaftWire.Encode(initial));
        var messages = Gens.Envelope.Select(envelope => RaftWire.ToWire(Region, envelope).ToByteArray());
        var checkpoints = Gens.Checkpoint.Select(checkpoint => RaftWire.Encode(checkpoint));
        var damaged = Gens.Damaged(Gen.OneOf(records, initials, checkpoints, messages));
        Gen.OneOf(Gens.Bytes, damaged).Sample(bytes =>
        {
            OnlyMalformed(() => RaftWire.DecodeRecord(bytes));
            OnlyMalformed(() => RaftWire.DecodeInitialState(bytes));
            OnlyMalformed(() => RaftWire.DecodeCheckpoint(bytes));
            // What a checksum protects was written by somebody: not every version need be right.
            OnlyMalformed(() => RaftWire.DecodeRecord(Sealed(bytes)));
            OnlyMalformed(() => RaftWire.DecodeInitialState(Sealed(bytes)));
            OnlyMalformed(() => RaftWire.DecodeCheckpoint(Sealed(bytes)));
            OnlyMalformed(() => RaftWire.FromWire(WireCodec.Parse(PeerMessage.Parser, bytes)));
        }, iter: Fuzz.Iterations(2_000));
    }

    [Theory]
    [InlineData(3, 1, 5, 1)]
    [InlineData(3, 1, 3, 1)]
    [InlineData(3, 2, 4, 1)]
    [InlineData(0, 0, 1, 1)]
    [InlineData(-1, 1, 0, 1)]
    public void Entries_out_of_order_are_malformed(long index1, long term1, long index2, long term2)
    {
        var wire = new TinyKv.Protocol.Wire.Internal.RaftRecord { Term = 9 };
        wire.Entries.Add(new LogEntry { Index = index1, Term = term1 });
        wire.Entries.Add(new LogEntry { Index = index2, Term = term2 });

        Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeRecord(Sealed(wire.ToByteArray())));
    }

    [Fact]
    public void An_event_with_a_bit_turned_over_anywhere_is_malformed() => Gens.Record.Sample(record =>
    {
        var bytes = RaftWire.Encode(record);
        for (var bit = 0; bit < 8 * Math.Min(bytes.Length, 512); bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeRecord(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeRecord(bytes.AsMemory()[..^1]));
    }, iter: 20);

    [Fact]
    public void An_append_that_leaves_a_gap_is_malformed()
    {
        var wire = Message();
        wire.Append = new Append { Previous = new Position { Index = 3, Term = 1 } };
        wire.Append.Entries.Add(new LogEntry { Index = 5, Term = 1 });

        Assert.Throws<MalformedMessageException>(() => RaftWire.FromWire(wire));
    }

    [Fact]
    public void A_message_without_a_known_body_is_malformed() =>
        Assert.Throws<MalformedMessageException>(() => RaftWire.FromWire(Message()));

    [Fact]
    public void A_message_without_a_position_is_malformed()
    {
        var wire = Message();
        wire.RequestVote = new RequestVote();

        Assert.Throws<MalformedMessageException>(() => RaftWire.FromWire(wire));
    }

    [Fact]
    public void An_unknown_kind_of_entry_is_malformed()
    {
        var wire = new TinyKv.Protocol.Wire.Internal.RaftRecord();
        wire.Entries.Add(new LogEntry { Index = 1, Term = 1, Kind = 77 });

        Assert.Throws<MalformedMessageException>(() => RaftWire.DecodeRecord(Sealed(wire.ToByteArray())));
    }

    internal static byte[] Sealed(byte[] message)
    {
        var buffer = Checksum.NewBuffer(message.Length);
        message.CopyTo(Checksum.Body(buffer));
        return Checksum.Seal(buffer);
    }

    private static PeerMessage Message() => new() { RegionId = 1, FromPeer = 1, ToPeer = 2, Term = 1 };

    /// <summary>Any other exception fails the test.</summary>
    internal static void OnlyMalformed(Action decode)
    {
        try
        {
            decode();
        }
        catch (MalformedMessageException)
        {
        }
    }

    private static void AssertSame(RaftEnvelope expected, RaftEnvelope actual)
    {
        if (expected.Message is not RaftMessage.Append before)
        {
            Assert.Equal(expected, actual);
            return;
        }
        // Immutable arrays compare by reference: compare the entries, then all the rest.
        var after = Assert.IsType<RaftMessage.Append>(actual.Message);
        Assert.Equal(before.Entries.ToArray(), after.Entries.ToArray());
        Assert.Equal(expected, actual with { Message = after with { Entries = before.Entries } });
    }
}
