using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

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

    private static ReportedRegion Led(ulong id, string start, string end, params ulong[] stores) => new(
        new Region(new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), RegionEpoch.Initial,
            [.. stores.Select(store => new Peer(new PeerId(100 + store), new StoreId(store)))]), new StoreId(stores[0]), Term: 5);

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
