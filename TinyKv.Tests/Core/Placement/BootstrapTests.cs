using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Placement;

public sealed class BootstrapTests
{
    private static readonly Gen<StoreId[]> Stores = Gen.OneOf(Gen.ULong[1, 12], Gen.ULong[1, 999])
        .Array[1, 9].Select(ids => ids.Distinct().Order().Select(id => new StoreId(id)).ToArray());

    [Fact]
    public void A_number_is_never_used_twice() => Stores.Sample(stores =>
    {
        var regions = Bootstrap.Regions(stores);

        var numbers = regions.SelectMany(region => region.Peers).Select(peer => peer.Id.Value)
            .Concat(stores.Select(store => store.Value)).Append(RegionId.First.Value).ToList();
        // A store may well have the number of the first region: people have chosen it.
        Assert.Equal(numbers.Distinct().Count() + (stores.Contains(new StoreId(1)) ? 1 : 0), numbers.Count);
        Assert.All(regions.SelectMany(region => region.Peers), peer =>
            Assert.InRange(peer.Id.Value, 1UL, PlacementState.FirstId - 1));
    });

    [Fact]
    public void Every_store_has_a_replica_of_every_region() => Stores.Sample(stores =>
    {
        var regions = Bootstrap.Regions(stores);

        Assert.Equal([RegionId.Placement, RegionId.First], regions.Select(region => region.Id));
        Assert.All(regions, region =>
        {
            Assert.Equal(stores, region.Peers.Select(peer => peer.Store));
            Assert.Equal(region.Peers.Select(peer => peer.Id).Order(), region.Peers.Select(peer => peer.Id));
            Assert.Equal((KeyRange.All, RegionEpoch.Initial), (region.Range, region.Epoch));
        });
    });

    [Fact]
    public void As_many_stores_as_are_allowed_get_their_numbers_whatever_theirs_are() => Bootstrap.Regions(
        [.. Enumerable.Range(2, Bootstrap.MaxStores).Select(id => new StoreId((ulong)id))]);

    [Fact]
    public void More_stores_than_there_are_numbers_break_an_invariant() => Assert.Throws<InvariantViolationException>(
        () => Bootstrap.Regions([.. Enumerable.Range(2, Bootstrap.MaxStores + 1).Select(id => new StoreId((ulong)id))]));
}
