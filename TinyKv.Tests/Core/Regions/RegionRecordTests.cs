using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class RegionRecordTests
{
    private static readonly Peer One = new(new PeerId(11), new StoreId(1));
    private static readonly Peer Two = new(new PeerId(12), new StoreId(2));

    private static readonly RegionRecord Record =
        new(new Region(new RegionId(7), KeyRange.All, new RegionEpoch(3, 5), [One, Two])) { JournalBorn = true };

    [Fact]
    public void A_region_whose_replicas_are_not_named_can_be_shown() => Assert.Contains(
        "region 7", $"{new Region(new RegionId(7), KeyRange.All, RegionEpoch.Initial, [])}", StringComparison.Ordinal);

    [Fact]
    public void A_change_of_members_counts_in_the_epoch_and_leaves_the_rest()
    {
        var three = new Peer(new PeerId(13), new StoreId(3), MemberRole.Learner);
        var after = Record.Changed(Record.Region.With(new Configuration([One, Two, three])), One.Store);

        Assert.Equal(new RegionEpoch(4, 5), after.Region.Epoch);
        Assert.Equal([One, Two, three], after.Region.Peers.ToArray());
        Assert.Equal((RegionState.Normal, true), (after.State, after.JournalBorn));
    }

    [Fact]
    public void A_replica_that_is_a_member_no_more_is_a_tombstone_on_its_store_and_nowhere_else()
    {
        var after = Record.Region.With(new Configuration([Two]));

        Assert.Equal(RegionState.Tombstone, Record.Changed(after, One.Store).State);
        Assert.Equal(RegionState.Normal, Record.Changed(after, Two.Store).State);
        Assert.Equal((after, One.Id), (Record.Changed(after, One.Store).Region, Record.Changed(after, One.Store).Former));
        Assert.IsType<Addressee.Gone>(StoreCatalog.Of([Record]).With(Record.Changed(after, One.Store)).AddresseeOf(after.Id));
    }

    [Fact]
    public void A_replica_that_was_told_of_its_removal_is_a_tombstone_that_knows_nothing_newer()
    {
        var gone = Record.Removed(One.Id);

        Assert.Equal((RegionState.Tombstone, One.Id, Record.Region), (gone.State, gone.Former, gone.Region));
    }

    [Fact]
    public void A_replica_that_is_not_a_member_yet_is_no_tombstone()
    {
        var after = Record.Region.With(new Configuration([Two]));

        Assert.Equal(RegionState.Normal, Record.Changed(after, new StoreId(3)).State);
    }
}
