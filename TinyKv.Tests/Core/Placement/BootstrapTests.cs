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

    private static readonly Gen<int> Replicas = Gen.Int[1, 9];

    [Fact]
    public void A_number_is_never_used_twice() => Gen.Select(Stores, Replicas).Sample((stores, replicas) =>
    {
        var regions = Bootstrap.Regions(stores, replicas);

        var numbers = regions.SelectMany(region => region.Peers).Select(peer => peer.Id.Value)
            .Concat(stores.Select(store => store.Value)).Append(RegionId.First.Value).ToList();
        // A store may well have the number of the first region: people have chosen it.
        Assert.Equal(numbers.Distinct().Count() + (stores.Contains(new StoreId(1)) ? 1 : 0), numbers.Count);
        Assert.All(regions.SelectMany(region => region.Peers), peer =>
            Assert.InRange(peer.Id.Value, 1UL, PlacementState.FirstId - 1));
    });

    [Fact]
    public void The_first_stores_have_the_replicas() => Gen.Select(Stores, Replicas).Sample((stores, replicas) =>
    {
        var regions = Bootstrap.Regions(stores, replicas);

        Assert.Equal([RegionId.Placement, RegionId.First], regions.Select(region => region.Id));
        Assert.Equal(Math.Min(stores.Length, replicas), regions[1].Peers.Length);
        Assert.All(regions, region =>
        {
            Assert.Equal(stores.Take(region.Peers.Length), region.Peers.Select(peer => peer.Store));
            Assert.Equal(region.Peers.Select(peer => peer.Id).Order(), region.Peers.Select(peer => peer.Id));
            Assert.Equal((KeyRange.All, RegionEpoch.Initial), (region.Range, region.Epoch));
        });
    });

    [Fact]
    public void A_store_begins_with_those_regions_that_have_a_replica_on_it() => Gen.Select(Stores, Replicas).Sample(
        (stores, replicas) => Assert.All(stores, store => Assert.Equal(
            Bootstrap.Regions(stores, replicas).Where(region => region.Peers.Any(peer => peer.Store == store))
                .Select(region => region.Id),
            Bootstrap.RegionsOn(store, stores, replicas).Select(region => region.Id))));

    // Nothing is to be moved as soon as a cluster has begun.
    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(2, 3, 2)]
    [InlineData(3, 3, 3)]
    [InlineData(4, 3, 3)]
    [InlineData(5, 3, 5)]
    [InlineData(5, 5, 5)]
    [InlineData(8, 9, 5)]
    public void Placement_is_replicated_as_widely_as_helps_it(int stores, int replicas, int expected)
    {
        var regions = Bootstrap.Regions([.. Enumerable.Range(1, stores).Select(id => new StoreId((ulong)id))], replicas);

        Assert.Equal(expected, regions[0].Peers.Length);
    }

    [Fact]
    public void As_many_stores_as_are_allowed_get_their_numbers_whatever_theirs_are() => Bootstrap.Regions(
        [.. Enumerable.Range(2, Bootstrap.MaxStores).Select(id => new StoreId((ulong)id))], replicas: 9);

    [Fact]
    public void More_stores_than_there_are_numbers_break_an_invariant() => Assert.Throws<InvariantViolationException>(
        () => Bootstrap.Regions(
            [.. Enumerable.Range(2, (int)PlacementState.FirstId - 2).Select(id => new StoreId((ulong)id))], replicas: 9));
}
