using CsCheck;
using TinyKv.Actors.Raft;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Raft;

public sealed class EntryBuilderTests
{
    private readonly EntryBuilder _builder = new();

    [Fact]
    public void A_write_alone_is_an_entry_as_it_is()
    {
        var write = Write(1, 10);
        _builder.Add(write, mayShare: true);

        Assert.Equal(write, Assert.Single(_builder.Build()).ToArray());
    }

    [Fact]
    public void Writes_share_an_entry_up_to_a_bound()
    {
        for (var version = 0UL; version < 10; version++) _builder.Add(Write(version, 20_000), mayShare: true);

        Assert.Equal(["0,1,2", "3,4,5", "6,7,8", "9"], _builder.Build().Select(VersionsIn));
    }

    [Fact]
    public void A_write_beyond_the_bound_has_an_entry_of_its_own()
    {
        for (var version = 0UL; version < 3; version++) _builder.Add(Write(version, version == 1 ? 100_000 : 1), mayShare: true);

        Assert.Equal(["0", "1", "2"], _builder.Build().Select(VersionsIn));
    }

    [Fact]
    public void Every_command_is_in_the_entry_that_was_the_last_when_it_was_added_and_in_its_order() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 30_000]).Array[0, 30].Sample(added =>
        {
            var (builder, places) = (new EntryBuilder(), new List<int>());
            foreach (var (mayShare, bytes) in added)
            {
                builder.Add(Write((ulong)places.Count, bytes), mayShare);
                places.Add(builder.Count);
            }

            var entries = builder.Build().Select(VersionsIn).ToList();

            Assert.Equal(builder.Count, entries.Count);
            for (var i = 0; i < entries.Count; i++)
            {
                var here = Enumerable.Range(0, places.Count).Where(each => places[each] == i + 1).ToList();
                Assert.Equal(string.Join(',', here), entries[i]);
                Assert.True(here.Count == 1 || here.TrueForAll(each => added[each].Item1));
            }
        });

    private static byte[] Write(ulong version, int bytes) => CommandCodec.Encode(new WriteCommand(
        version, [new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), new byte[bytes])]));

    private static string VersionsIn(ReadOnlyMemory<byte> entry) => CommandCodec.Decode(entry) switch
    {
        WriteGroup group => string.Join(',', group.Writes.Select(write => write.RegionVersion)),
        var command => $"{((WriteCommand)command).RegionVersion}",
    };
}
