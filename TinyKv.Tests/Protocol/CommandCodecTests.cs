using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol;

public sealed class CommandCodecTests
{
    [Fact]
    public void Every_command_survives_the_log() =>
        Gen.Select(Gens.Modify.Array[0, 8], Gen.ULong, Gens.Condition).Sample((batch, version, condition) =>
        {
            var bytes = CommandCodec.Encode(new WriteCommand(version, batch, condition));
            var parts = batch.Length + (condition is null ? 0 : 1);
            Assert.InRange(bytes.Length, 0, SizeOf(batch, condition) + (parts + 1) * CommandCodec.MaxOverheadBytes);
            var read = Assert.IsType<WriteCommand>(CommandCodec.Decode(bytes));
            Assert.Equal(Text(condition), Text(read.Condition));
            Assert.Equal(version, read.RegionVersion);
            Assert.Equal(batch.Select(Text), read.Batch.Select(Text));
        });

    [Fact]
    public void Every_command_about_stores_survives_the_log() => Gens.StoreCommand.Sample(command =>
    {
        var bytes = CommandCodec.Encode(command);

        Assert.True(CommandCodec.IsPlacement(bytes));
        Assert.False(CommandCodec.IsWrite(bytes));
        Assert.Equivalent(command, CommandCodec.Decode(bytes), strict: true);
    });

    [Fact]
    public void A_split_survives_the_log_and_its_bytes_never_change()
    {
        var split = new SplitRegion(
            new RegionEpoch(3, 4), "k"u8.ToArray(), new RegionId(1001), [new PeerId(1002), new PeerId(1003)]);

        var bytes = CommandCodec.Encode(split);

        Assert.Equal("5212" + "0A0408031004" + "12016B" + "18E907" + "2204EA07EB07", Convert.ToHexString(bytes));
        Assert.Equivalent(split, CommandCodec.Decode(bytes), strict: true);
        Assert.True(CommandCodec.IsData(bytes));
        Assert.False(CommandCodec.IsWrite(bytes));
        Assert.False(CommandCodec.IsPlacement(bytes));
    }

    [Theory]
    [InlineData("", 7, 8, 9)]
    [InlineData("k", 0, 8, 9)]
    [InlineData("k", 7, 8, 0)]
    [InlineData("k", 7, 8, 8)]
    [InlineData("k", 7, 7, 9)]
    public void A_split_at_no_key_or_with_numbers_that_are_none_or_the_same_is_malformed(
        string key, ulong region, ulong peer, ulong other)
    {
        var bytes = new Proto.Command
        {
            SplitRegion = new Proto.SplitRegion
            {
                Epoch = new(),
                Key = ByteString.CopyFromUtf8(key),
                NewRegionId = region,
                NewPeerIds = { peer, other },
            },
        }.ToByteArray();

        Assert.Throws<MalformedMessageException>(() => CommandCodec.Decode(bytes));
        Assert.False(CommandCodec.IsData(bytes));
    }

    [Fact]
    public void Writes_that_share_an_entry_survive_the_log() =>
        Gen.Select(Gen.ULong, Gens.Modify.Array[0, 4]).Array[1, 8].Sample(writes =>
        {
            var each = writes.Select(write => new WriteCommand(write.Item1, write.Item2)).ToList();

            var bytes = CommandCodec.Join([.. each.Select(write => (ReadOnlyMemory<byte>)CommandCodec.Encode(write))]);

            Assert.Equal(bytes, CommandCodec.Encode(new WriteGroup(each)));
            Assert.Equal(Proto.Command.Parser.ParseFrom(bytes).ToByteArray(), bytes);
            var read = Assert.IsType<WriteGroup>(CommandCodec.Decode(bytes)).Writes;
            Assert.Equal(each.Select(write => write.RegionVersion), read.Select(write => write.RegionVersion));
            Assert.Equal(
                each.Select(write => write.Batch.Select(Text)), read.Select(write => write.Batch.Select(Text)));
            Assert.All(read, write => Assert.Null(write.Condition));
        });

    [Fact]
    public void The_bytes_of_a_command_never_change()
    {
        var bytes = CommandCodec.Encode(new WriteCommand(3,
        [
            new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), "v"u8.ToArray()),
            new Modify.Delete(ColumnFamily.Write, "k"u8.ToArray()),
        ]));

        Assert.Equal("0A13" + "0803" + "12061A016B220176" + "1207080210011A016B", Convert.ToHexString(bytes));
    }

    [Fact]
    public void The_bytes_of_a_conditional_command_and_of_a_range_never_change()
    {
        ReadOnlyMemory<byte> k = "k"u8.ToArray(), v = "v"u8.ToArray();
        var ifAbsent = CommandCodec.Encode(new WriteCommand(
            3, [new Modify.Put(ColumnFamily.Default, k, v)], new Condition(ColumnFamily.Lock, k, null)));
        var ifEqual = CommandCodec.Encode(new WriteCommand(3, [], new Condition(ColumnFamily.Default, k, v)));
        var ifEmpty = CommandCodec.Encode(new WriteCommand(3, [], new Condition(ColumnFamily.Default, k, default(Memory<byte>))));
        var range = CommandCodec.Encode(new WriteCommand(
            3, [new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(k, "m"u8.ToArray()))]));

        Assert.Equal("0A11" + "0803" + "12061A016B220176" + "1A05080112016B", Convert.ToHexString(ifAbsent));
        Assert.Equal("0A0C" + "0803" + "1A0812016B1801220176", Convert.ToHexString(ifEqual));
        Assert.Equal("0A09" + "0803" + "1A0512016B1801", Convert.ToHexString(ifEmpty));
        Assert.Equal("0A0C" + "0803" + "12081A016B280132016D", Convert.ToHexString(range));
    }

    [Fact]
    public void The_bytes_of_writes_that_share_an_entry_never_change()
    {
        var group = CommandCodec.Encode(new WriteGroup(
        [
            new WriteCommand(3, [new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), "v"u8.ToArray())]),
            new WriteCommand(4, []),
        ]));

        Assert.Equal("2210" + "0A0A" + "0803" + "12061A016B220176" + "0A02" + "0804", Convert.ToHexString(group));
    }

    [Fact]
    public void A_write_is_what_the_generated_code_makes_of_it() =>
        Gen.Select(Gens.Modify.Array[0, 8], Gens.Condition).Sample((batch, condition) =>
        {
            var bytes = CommandCodec.Encode(new WriteCommand(1, batch, condition));
            Assert.Equal(Proto.Command.Parser.ParseFrom(bytes).ToByteArray(), bytes);
        });

    [Fact]
    public void Commands_of_placement_survive_the_log_and_their_bytes_never_change()
    {
        Command[] commands = [new AllocateIds(7), new ReserveTimestamps(TimestampOracle.EndOfTimeMs)];
        foreach (var command in commands) Assert.Equal(command, CommandCodec.Decode(CommandCodec.Encode(command)));
        Assert.Equal("12020807", Convert.ToHexString(CommandCodec.Encode(new AllocateIds(7))));
        Assert.Equal("1A020805", Convert.ToHexString(CommandCodec.Encode(new ReserveTimestamps(5))));
    }

    [Fact]
    public void A_command_without_a_body_is_malformed() =>
        Assert.Throws<MalformedMessageException>(() => CommandCodec.Decode(default));

    [Fact]
    public void Junk_is_only_ever_reported_as_malformed()
    {
        var commands = Gens.Modify.Array[0, 4].Select(batch => CommandCodec.Encode(new WriteCommand(1, batch)));
        Gen.OneOf(Gens.Bytes, Gens.Damaged(commands)).Sample(
            bytes => RaftWireTests.OnlyMalformed(() => CommandCodec.Decode(bytes)), iter: Fuzz.Iterations(2_000));
    }

    [Fact]
    public void A_write_to_an_unknown_family_is_malformed() =>
        AssertMalformed(new Proto.Modify { ColumnFamily = 4, Key = ByteString.CopyFromUtf8("k") });

    [Fact]
    public void A_write_to_the_stores_own_records_is_malformed() =>
        AssertMalformed(new Proto.Modify { ColumnFamily = 3, Key = ByteString.CopyFromUtf8("k") });

    [Fact]
    public void A_delete_with_a_value_is_malformed() =>
        AssertMalformed(new Proto.Modify { Delete = true, Value = ByteString.CopyFromUtf8("v") });

    [Fact]
    public void A_delete_of_both_a_key_and_a_range_is_malformed() =>
        AssertMalformed(new Proto.Modify { Delete = true, DeleteRange = true });

    [Fact]
    public void A_put_with_an_end_key_is_malformed() =>
        AssertMalformed(new Proto.Modify { EndKey = ByteString.CopyFromUtf8("k") });

    [Fact]
    public void A_condition_that_expects_nothing_and_a_value_is_malformed() => Assert.Throws<MalformedMessageException>(
        () => CommandCodec.Decode(new Proto.Command
        {
            Write = new Proto.WriteCommand { Condition = new Proto.Condition { Value = ByteString.CopyFromUtf8("v") } },
        }.ToByteArray()));

    private static void AssertMalformed(Proto.Modify modify)
    {
        var bytes = new Proto.Command { Write = new Proto.WriteCommand { Modifies = { modify } } }.ToByteArray();
        Assert.Throws<MalformedMessageException>(() => CommandCodec.Decode(bytes));
    }

    private static string Text(Modify modify) =>
        $"{modify.GetType().Name} {modify.Family} {Convert.ToHexString(modify.Key.Span)} " + modify switch
        {
            Modify.Put put => Convert.ToHexString(put.Value.Span),
            Modify.DeleteRange range => Convert.ToHexString(range.Range.End.Span),
            _ => "",
        };

    private static string Text(Condition? condition) => condition is null ? "" :
        $"{condition.Family} {Convert.ToHexString(condition.Key.Span)} "
        + (condition.Expected is { } expected ? Convert.ToHexString(expected.Span) : "absent");

    private static int SizeOf(IEnumerable<Modify> batch, Condition? condition) =>
        (condition is null ? 0 : condition.Key.Length + (condition.Expected?.Length ?? 0)) + batch.Sum(modify =>
            modify.Key.Length + modify switch
            {
                Modify.Put put => put.Value.Length,
                Modify.DeleteRange range => range.Range.End.Length,
                _ => 0,
            });
}
