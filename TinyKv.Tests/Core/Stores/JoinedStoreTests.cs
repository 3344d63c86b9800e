using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Stores;

/// <summary>Stores that join a cluster that was formed, and stores that leave it.</summary>
public sealed class JoinedStoreTests
{
    private static readonly StoreId Joined = new(1004);

    [Fact]
    public void A_store_that_joins_knows_all_others_and_is_part_of_a_formed_cluster_from_the_beginning()
    {
        var (stores, joined) = Meet();

        Assert.True(joined.Record.IsFormed);
        Assert.Equal([.. Met.Ids(1, 2, 3)], joined.Record.Initial.ToArray());
        Assert.All(stores.Append(joined), store => Assert.All(store.Contacts, contact => Assert.True(contact.IsIntroduced)));
        Assert.Equal(3, joined.Contacts.Count);
        Assert.All(stores, store => Assert.Equal(new DirectoryId(4), store.Record.Stores[Joined.Value].Directory));
    }

    [Fact]
    public void A_store_that_placement_has_not_told_of_yet_is_refused_until_it_has_and_does_not_end()
    {
        var one = Met.Three()[0];
        var joined = Joining();

        Assert.Equal(RefusalKind.Unknown, joined.Introduce(one)?.Kind);
        Assert.Null(joined.Ending);
        one.Follow(Met.Registered(Joined, 4));

        Assert.Null(joined.Introduce(one));
    }

    // It does not know how many replicas the cluster began with, and disagrees with nobody about that.
    [Fact]
    public void A_store_that_joined_is_unknown_to_one_that_has_not_heard_that_the_cluster_is_formed()
    {
        var one = Met.Store(1, Met.Fresh(5, 1, 2, 3));

        Assert.Equal(RefusalKind.Unknown, Joining().Introduce(one)?.Kind);

        Assert.Null(one.Ending);
    }

    [Fact]
    public void A_store_with_another_directory_than_the_one_that_joined_is_refused()
    {
        var (stores, _) = Meet();
        var other = Met.Store(Joined.Value, Met.JoinedTo(5, Joined));

        foreach (var store in stores)
        {
            store.Introduce(other);
            Assert.Equal(RefusalKind.Directory, other.Introduce(store)?.Kind);
        }

        Assert.NotNull(other.Ending);
        Assert.False(other.Ending.Misconfigured);
    }

    [Fact]
    public void An_old_copy_of_a_store_that_joined_is_refused()
    {
        var (stores, joined) = Meet();
        var old = joined.Record;
        Again(Again(joined.Record), stores);
        var copy = Met.Store(Joined.Value, Met.Started(old));
        copy.Follow(Met.Registered(Joined, 4));

        Assert.All(stores, store => Assert.Equal(RefusalKind.OldCopy, copy.Introduce(store)?.Kind));

        StoreRecord Again(StoreRecord record, params Introductions[] others)
        {
            var again = Met.Store(Joined.Value, Met.Started(record));
            again.Follow(Met.Registered(Joined, 4));
            foreach (var other in others) again.Introduce(other);
            return again.Record;
        }
    }

    [Fact]
    public void A_store_that_joined_starts_again_without_anybody_and_is_accepted_without_placement()
    {
        var (stores, joined) = Meet();

        var again = Met.Store(Joined.Value, Met.Started(joined.Record));
        again.Follow(Met.Registered(Joined, 4));

        Assert.All(stores, store => Assert.Null(again.Introduce(store)));
        Assert.All(stores, store => Assert.Null(store.Introduce(again)));
    }

    [Fact]
    public void A_store_that_was_removed_is_told_so_and_ends_when_no_majority_is_left_for_it()
    {
        var (stores, joined) = Meet();
        foreach (var store in stores) store.Follow([new RegisteredStore(Joined, new DirectoryId(4), IsRemoved: true)]);

        var refusal = joined.Introduce(stores[0]);
        Assert.Equal(RefusalKind.Removed, refusal?.Kind);
        Assert.Contains("store 1004 was removed from the cluster: start with an empty data directory",
            refusal!.Text, StringComparison.Ordinal);
        Assert.Null(joined.Ending);
        joined.Introduce(stores[1]);

        Assert.True(joined.Ending is { Misconfigured: true, IsRemoved: true, ConcernsOthers: false });
        Assert.All(stores, store => Assert.Null(store.ContactOf(Joined)));
    }

    [Fact]
    public void An_initial_store_that_was_removed_is_refused_as_well_and_the_others_continue()
    {
        var stores = Met.Three();
        stores[0].Follow([new RegisteredStore(new StoreId(3), new DirectoryId(3), IsRemoved: true)]);

        Assert.Equal(RefusalKind.Removed, stores[2].Restart().Introduce(stores[0])?.Kind);
        Assert.Null(stores[1].Introduce(stores[0]));
        Assert.Equal([new StoreId(2)], stores[0].Contacts.Select(contact => contact.Store));
    }

    [Fact]
    public void What_placement_says_is_not_followed_before_the_cluster_is_formed()
    {
        var one = Met.Store(1, Met.Fresh(1, 1, 2, 3));

        one.Follow(Met.Registered(Joined, 4));

        Assert.Equal(2, one.Contacts.Count);
    }

    private static Introductions Joining()
    {
        var joined = Met.Store(Joined.Value, Met.JoinedTo(4, Joined));
        joined.Follow(Met.Registered(Joined, 4));
        return joined;
    }

    private static (Introductions[] Stores, Introductions Joined) Meet()
    {
        var (stores, joined) = (Met.Three(), Joining());
        foreach (var store in stores) store.Follow(Met.Registered(Joined, 4));
        Met.IntroduceAll([.. stores, joined]);
        return (stores, joined);
    }
}
