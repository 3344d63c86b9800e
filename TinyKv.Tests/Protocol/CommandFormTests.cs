using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;
using Modify = TinyKv.Protocol.Wire.Internal.Modify;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol;

public sealed class CommandFormTests
{
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");

    private static readonly Condition IfAbsent = new(ColumnFamily.Default, "k"u8.ToArray(), null);

    public static TheoryData<string, byte[]> NoCommands => new()
    {
        { "junk", [0xff, 0xff] },
        { "text", "no command"u8.ToArray() },
        { "a part", CommandCodec.Encode(new WriteCommand(300, []))[..^1] },
        { "nothing", [] },
        { "an unknown field", [0x0A, 0x04, 0x08, 0x01, 0x20, 0x01] },
        { "two versions", [0x0A, 0x04, 0x08, 0x01, 0x08, 0x02] },
        { "two writes", [0x0A, 0x02, 0x08, 0x01, 0x0A, 0x02, 0x08, 0x01] },
        { "a write longer than the bytes", [0x0A, 0x03, 0x08, 0x01] },
        { "a command for placement", CommandCodec.Encode(new AllocateIds(1)) },
        { "the store's own records", OneWrite(new Modify { ColumnFamily = 3, Key = K }) },
        { "a family below all", OneWrite(new Modify { ColumnFamily = -1, Key = K }) },
        { "a delete with a value", OneWrite(new Modify { Delete = true, Key = K, Value = K }) },
        { "a delete of a key and a range", OneWrite(new Modify { Delete = true, DeleteRange = true, Key = K }) },
        { "a put with an end", OneWrite(new Modify { Key = K, EndKey = K }) },
        { "a group of nothing", [0x22, 0x00] },
        { "a group with something else in it", [0x22, 0x04, 0x12, 0x02, 0x08, 0x01] },
        { "a group that ends within a write", [0x22, 0x03, 0x0A, 0x02, 0x08] },
        { "a group and a write", [0x22, 0x04, 0x0A, 0x02, 0x08, 0x01, 0x0A, 0x02, 0x08, 0x01] },
        { "a condition in a group", CommandCodec.Encode(new WriteGroup([new WriteCommand(1, [], IfAbsent)])) },
        { "a write without a form in a group", CommandCodec.Join([OneWrite(new Modify { ColumnFamily = 3, Key = K })]) },
        { "a value of an absent key", Write(new Proto.WriteCommand { Condition = new Proto.Condition { Value = K } }) },
    };

    [Fact]
    public void Every_command_that_is_encoded_has_the_form() =>
        Gen.Select(Gens.Modify.Array[0, 8], Gen.ULong, Gens.Condition).Sample((batch, version, condition) =>
            Assert.True(CommandCodec.IsWrite(CommandCodec.Encode(new WriteCommand(version, batch, condition)))));

    [Fact]
    public void Every_group_of_writes_has_the_form() =>
        Gens.Modify.Array[0, 4].Array[1, 4].Sample(batches => Assert.True(CommandCodec.IsWrite(
            CommandCodec.Encode(new WriteGroup([.. batches.Select(batch => new WriteCommand(1, batch))])))));

    [Theory]
    [MemberData(nameof(NoCommands))]
    public void What_no_replica_could_apply_alike_does_not_have_it(string what, byte[] bytes) =>
        Assert.False(CommandCodec.IsWrite(bytes), what);

    [Fact]
    public void The_check_allocates_nothing()
    {
        var command = OneWrite(new Modify { Key = K, Value = ByteString.CopyFrom(new byte[1024]) });
        Assert.True(CommandCodec.IsWrite(command));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) CommandCodec.IsWrite(command);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_placement_command_has_a_body_and_a_time_that_timestamps_can_hold()
    {
        Assert.True(IsPlacement(new AllocateIds(7)));
        Assert.True(IsPlacement(new ReserveTimestamps(TimestampOracle.EndOfTimeMs)));
        Assert.False(IsPlacement(new ReserveTimestamps(TimestampOracle.EndOfTimeMs + 1)));
        Assert.False(IsPlacement(new ReserveTimestamps(-1)));
        Assert.False(IsPlacement(new WriteCommand(1, [])));
        Assert.False(CommandCodec.IsPlacement(default));
        Assert.False(CommandCodec.IsPlacement("junk"u8.ToArray()));
    }

    private static bool IsPlacement(Command command) => CommandCodec.IsPlacement(CommandCodec.Encode(command));

    private static byte[] OneWrite(Modify modify) => Write(new Proto.WriteCommand { RegionVersion = 1, Modifies = { modify } });

    private static byte[] Write(Proto.WriteCommand write) => new Proto.Command { Write = write }.ToByteArray();
}
