using CsCheck;
using Google.Protobuf;
using TinyKv.Protocol.Kv;
using TinyKv.Protocol.Placement;
using TinyKv.Protocol.Wire.Internal;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol;

public sealed class KvCommandFormTests
{
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");

    public static TheoryData<string, byte[]> NoCommands => new()
    {
        { "junk", [0xff, 0xff] },
        { "text", "no command"u8.ToArray() },
        { "a part", KvCommandCodec.Encode(300, [])[..^1] },
        { "an unknown field", new Proto.KvCommand { RegionVersion = 1 }.ToByteArray().Concat<byte>([0x20, 0x01]).ToArray() },
        { "two versions", [0x08, 0x01, 0x08, 0x02] },
        { "the store's own records", Command(new Modify { ColumnFamily = 3, Key = K }) },
        { "a family below all", Command(new Modify { ColumnFamily = -1, Key = K }) },
        { "a delete with a value", Command(new Modify { Delete = true, Key = K, Value = K }) },
        { "a delete of a key and a range", Command(new Modify { Delete = true, DeleteRange = true, Key = K }) },
        { "a put with an end", Command(new Modify { Key = K, EndKey = K }) },
        { "a value of an absent key", new Proto.KvCommand { Condition = new Condition { Value = K } }.ToByteArray() },
    };

    [Fact]
    public void Every_command_that_is_encoded_has_the_form() =>
        Gen.Select(Gens.Modify.Array[0, 8], Gen.ULong, Gens.Condition).Sample((batch, version, condition) =>
            Assert.True(KvCommandCodec.IsCommand(KvCommandCodec.Encode(version, batch, condition))));

    [Theory]
    [MemberData(nameof(NoCommands))]
    public void What_no_replica_could_apply_alike_does_not_have_it(string what, byte[] bytes) =>
        Assert.False(KvCommandCodec.IsCommand(bytes), what);

    [Fact]
    public void The_check_allocates_nothing()
    {
        var command = Command(new Modify { Key = K, Value = ByteString.CopyFrom(new byte[1024]) });
        Assert.True(KvCommandCodec.IsCommand(command));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) KvCommandCodec.IsCommand(command);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_placement_command_has_a_body_and_a_time_that_timestamps_can_hold()
    {
        Assert.True(IsPlacement(new PlacementCommand { AllocateIds = new AllocateIds { Count = 7 } }));
        Assert.True(IsPlacement(Until(PlacementCommandCodec.EndOfTimeMs)));
        Assert.False(IsPlacement(Until(PlacementCommandCodec.EndOfTimeMs + 1)));
        Assert.False(IsPlacement(Until(-1)));
        Assert.False(IsPlacement(new PlacementCommand()));
        Assert.False(PlacementCommandCodec.IsCommand("junk"u8.ToArray()));
    }

    private static PlacementCommand Until(long ms) => new() { ReserveTimestamps = new ReserveTimestamps { UntilMs = ms } };

    private static bool IsPlacement(PlacementCommand command) => PlacementCommandCodec.IsCommand(command.ToByteArray());

    private static byte[] Command(Modify modify) =>
        new Proto.KvCommand { RegionVersion = 1, Modifies = { modify } }.ToByteArray();
}
