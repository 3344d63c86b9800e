using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using Proto = TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Tests.Protocol;

public sealed class RegionErrorsTests
{
    private static readonly Peer Leader = new(new PeerId(2), new StoreId(5));

    private static readonly Region Region = new(
        new RegionId(9), new KeyRange("a"u8.ToArray(), "m"u8.ToArray()), new RegionEpoch(2, 3), [Leader]);

    public static TheoryData<RegionError> Plain =>
    [
        new RegionError.NotLeader(new RegionId(9), Leader),
        new RegionError.NotLeader(new RegionId(9), null),
        new RegionError.NotLeader(null, null),
        new RegionError.RegionNotFound(null),
        new RegionError.StoreNotMatch(new StoreId(1), new StoreId(2)),
        new RegionError.RegionNotFound(new RegionId(9)),
        new RegionError.StaleCommand(),
        new RegionError.ServerIsBusy("too many proposals"),
        new RegionError.RegionStopped(new RegionId(9), "an entry cannot be read"),
    ];

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_refusal_survives_the_wire_with_its_message(RegionError error)
    {
        var wire = RegionErrors.ToWire(error);
        Assert.Equal(error.Message, wire.Message);
        Assert.Equal(error, RegionErrors.FromWire(wire));
    }

    [Fact]
    public void A_changed_epoch_carries_the_regions()
    {
        var wire = RegionErrors.ToWire(new RegionError.EpochNotMatch([Region]));
        var read = Assert.IsType<RegionError.EpochNotMatch>(RegionErrors.FromWire(wire));
        var region = Assert.Single(read.Current);
        Assert.Equal(Region, region with { Peers = Region.Peers });
        Assert.Equal(Region.Peers.ToArray(), region.Peers.ToArray());
    }

    [Fact]
    public void A_key_outside_the_region_carries_the_key_and_the_range()
    {
        var wire = RegionErrors.ToWire(new RegionError.KeyNotInRegion("z"u8.ToArray(), Region));
        var read = Assert.IsType<RegionError.KeyNotInRegion>(RegionErrors.FromWire(wire));
        Assert.Equal("z"u8.ToArray(), read.Key.ToArray());
        Assert.Equal((Region.Id, Region.Range), (read.Region.Id, read.Region.Range));
    }

    // By other numbers a client of TiKV takes them for something else, or for nothing, and does not try again.
    [Theory]
    [InlineData("not_leader", 2)]
    [InlineData("region_not_found", 3)]
    [InlineData("key_not_in_region", 4)]
    [InlineData("epoch_not_match", 5)]
    [InlineData("server_is_busy", 6)]
    [InlineData("stale_command", 7)]
    [InlineData("store_not_match", 8)]
    public void A_kind_of_refusal_that_TiKV_has_too_has_its_number(string kind, int number) =>
        Assert.Equal(number, Proto.Error.Descriptor.FindFieldByName(kind).FieldNumber);

    [Fact]
    public void A_kind_of_our_own_has_no_number_that_TiKV_may_use() => Assert.All(
        Proto.Error.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldNumber > 8),
        field => Assert.InRange(field.FieldNumber, 1000, int.MaxValue));

    [Fact]
    public void Every_kind_of_refusal_has_a_wire_form() => Assert.Equal(
        typeof(RegionError).GetNestedTypes().Select(kind => kind.Name).Order(),
        typeof(Proto.Error).GetProperties()
            .Where(property => property.PropertyType.Namespace == typeof(Proto.Error).Namespace)
            .Select(property => property.Name).Order());

    [Fact]
    public void An_unknown_kind_is_not_guessed() =>
        Assert.Null(RegionErrors.FromWire(new Proto.Error { Message = "something new" }));
}
