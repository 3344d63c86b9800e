using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Placement;

public sealed class StoreRemovalTests
{
    private static readonly StoreId Three = new(3);

    [Fact]
    public void A_store_has_gone_when_those_that_lead_all_regions_have_no_replica_there()
    {
        ReportedRegion[] led = [Led(0, "", "", 1, 2), Led(1, "", "m", 1, 2), Led(7, "m", "", 2, 4)];

        Assert.Null(StoreRemoval.HeldOf(Three, led));
        Assert.Equal("", StoreRemoval.UnknownOf(led));
    }

    [Fact]
    public void Its_replicas_are_named_placements_first()
    {
        ReportedRegion[] led = [Led(7, "m", "", 3, 4), Led(0, "", "", 1, 3), Led(1, "", "m", 1, 2)];

        Assert.Equal(
            "store 3 still has replicas: of placement (peer 103), of region 7 (peer 103)", StoreRemoval.HeldOf(Three, led));
    }

    [Fact]
    public void Who_leads_in_a_later_term_is_believed()
    {
        ReportedRegion[] led = [Led(1, "", "", 1, 2), Led(1, "", "", 1, 3) with { Term = 9 }];

        Assert.NotNull(StoreRemoval.HeldOf(Three, led));
        Assert.Null(StoreRemoval.HeldOf(Three, [led[0] with { Term = 10 }, led[1]]));
    }

    [Fact]
    public void Nothing_is_known_while_placement_or_a_key_is_led_by_nobody()
    {
        Assert.Equal("of placement", StoreRemoval.UnknownOf([Led(1, "", "", 1)]));
        Assert.Equal("of the region that holds the key \"\"", StoreRemoval.UnknownOf([Led(0, "", "", 1)]));
        Assert.Equal("of the region that holds the key \"\"", StoreRemoval.UnknownOf([Led(0, "", "", 1), Led(1, "a", "", 1)]));
        Assert.Equal("of the region that holds the key 62",
            StoreRemoval.UnknownOf([Led(0, "", "", 1), Led(1, "", "b", 1), Led(7, "c", "", 1)]));
        Assert.Equal("of the region that holds the key 62", StoreRemoval.UnknownOf([Led(0, "", "", 1), Led(1, "", "b", 1)]));
    }

    [Fact]
    public void A_store_may_go_when_another_has_room_for_what_it_holds()
    {
        Assert.Null(StoreRemoval.RefusalOf(Three, View(stores: 4, Led(1, "", "", 1, 2, 3))));
        Assert.Equal(RegistryRefusalKind.HasReplicas,
            StoreRemoval.RefusalOf(Three, View(stores: 3, Led(1, "", "", 1, 2, 3)))?.Kind);
    }

    [Fact]
    public void A_store_may_not_go_because_a_replica_that_is_under_way_is_finished_first()
    {
        var led = Led(1, "", "", 3);
        var learner = new Peer(new PeerId(901), new StoreId(1), MemberRole.Learner);
        led = led with { Region = led.Region with { Peers = led.Region.Peers.Add(learner) } };

        Assert.NotNull(StoreRemoval.RefusalOf(Three, View(stores: 3, led)));
        Assert.Null(StoreRemoval.RefusalOf(Three, View(stores: 4, led)));
    }

    private static ClusterView View(int stores, params ReportedRegion[] regions)
    {
        var ids = Enumerable.Range(1, stores).Select(id => new StoreId((ulong)id)).ToList();
        return new ClusterView(
            StoreDirectory.Of(77, 3, 4, ids.Select(id => new StoreInfo
            {
                Id = id,
                Directory = new DirectoryId(id.Value),
                Addresses = new StoreAddresses($"host{id.Value}", 1, 2, 3, 4),
            })),
            ids.ToImmutableDictionary(id => id, _ => StoreCondition.Up), ids.ToImmutableDictionary(id => id, _ => 0),
            [.. regions]);
    }

    private static ReportedRegion Led(ulong id, string start, string end, params ulong[] stores) => new(
        new Region(new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), RegionEpoch.Initial,
            [.. stores.Select(store => new Peer(new PeerId(100 + store), new StoreId(store)))]), new StoreId(stores[0]), Term: 5);

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
