using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Protocol;
using TinyKv.Protocol.Kv;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol;

public sealed class KvCommandCodecTests
{
    [Fact]
    public void Every_command_survives_the_log() =>
        Gen.Select(Gens.Modify.Array[0, 8], Gen.ULong).Sample((batch, version) =>
        {
            var read = KvCommandCodec.Decode(KvCommandCodec.Encode(version, batch));
            Assert.Equal(version, read.RegionVersion);
            Assert.Equal(batch.Select(Text), read.Batch.Select(Text));
        });

    [Fact]
    public void The_bytes_of_a_command_never_change()
    {
        var bytes = KvCommandCodec.Encode(3,
        [
            new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), "v"u8.ToArray()),
            new Modify.Delete(ColumnFamily.Write, "k"u8.ToArray()),
        ]);

        Assert.Equal("0803" + "12061A016B220176" + "1207080210011A016B", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Junk_is_only_ever_reported_as_malformed()
    {
        var commands = Gens.Modify.Array[0, 4].Select(batch => KvCommandCodec.Encode(1, batch));
        Gen.OneOf(Gens.Bytes, Gens.Damaged(commands)).Sample(
            bytes => RaftWireTests.OnlyMalformed(() => KvCommandCodec.Decode(bytes)), iter: 2_000);
    }

    [Fact]
    public void A_write_to_an_unknown_family_is_malformed() =>
        AssertMalformed(new Proto.Modify { ColumnFamily = 4, Key = ByteString.CopyFromUtf8("k") });

    [Fact]
    public void A_delete_with_a_value_is_malformed() =>
        AssertMalformed(new Proto.Modify { Delete = true, Value = ByteString.CopyFromUtf8("v") });

    private static void AssertMalformed(Proto.Modify modify)
    {
        var bytes = new Proto.KvCommand { Modifies = { modify } }.ToByteArray();
        Assert.Throws<MalformedMessageException>(() => KvCommandCodec.Decode(bytes));
    }

    private static string Text(Modify modify) =>
        $"{modify.GetType().Name} {modify.Family} {Convert.ToHexString(modify.Key.Span)} "
        + (modify is Modify.Put put ? Convert.ToHexString(put.Value.Span) : "");
}
