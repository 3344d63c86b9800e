using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Regions;
using Internal = TinyKv.Protocol.Wire.Internal;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Protocol;

public sealed class RegionRecordWireTests
{
    private static readonly Gen<Region> Region = Gen.Select(
        Gen.ULong, Gens.Bytes, Gens.Bytes, Gen.ULong, Gen.ULong, Gen.Select(Gen.ULong, Gen.ULong).Array[0, 5],
        (id, start, end, confVer, version, peers) => new Region(
            new RegionId(id), new KeyRange(start, end), new RegionEpoch(confVer, version),
            [.. peers.Select(peer => new Peer(new PeerId(peer.Item1), new StoreId(peer.Item2)))]));

    [Fact]
    public void A_record_survives() => Gen.Select(Region, Gen.Enum<RegionState>(), Gen.Bool).Sample((region, state, born) =>
    {
        var read = RegionRecordWire.Decode(
            RegionRecordWire.Encode(new RegionRecord(region) { State = state, JournalBorn = born }));

        Assert.Equal((state, born), (read.State, read.JournalBorn));
        Assert.Equal((region.Id, region.Range, region.Epoch), (read.Region.Id, read.Region.Range, read.Region.Epoch));
        Assert.Equal([.. region.Peers], read.Region.Peers.ToArray());
    });

    // They are on disks.
    [Fact]
    public void The_bytes_stay_as_they_are()
    {
        var region = new Region(new RegionId(7), new KeyRange("a"u8.ToArray(), "m"u8.ToArray()), new RegionEpoch(2, 3),
            [new Peer(new PeerId(5), new StoreId(1))]);

        var bytes = RegionRecordWire.Encode(new RegionRecord(region) { State = RegionState.Tombstone, JournalBorn = true });

        Assert.Equal("0A1408071201611A016D2204080210032A040805100110021801", Convert.ToHexString(bytes));
    }

    [Fact]
    public void What_is_no_record_is_refused()
    {
        Internal.RegionRecord[] wrong =
        [
            new(),
            new() { Region = new Meta.Region { Id = 1 } },
            new() { Region = new Meta.Region { Id = 1, RegionEpoch = new Meta.RegionEpoch() }, State = 3 },
        ];
        Assert.All(wrong, record =>
            Assert.Throws<MalformedMessageException>(() => RegionRecordWire.Decode(record.ToByteArray())));
        Assert.Throws<MalformedMessageException>(() => RegionRecordWire.Decode("?"u8.ToArray()));
    }
}
