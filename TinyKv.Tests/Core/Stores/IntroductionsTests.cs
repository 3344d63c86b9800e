using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Stores;

public sealed class IntroductionsTests
{
    private static readonly DirectoryId D1 = new(1);

    [Fact]
    public void A_cluster_of_one_is_formed_at_once()
    {
        var one = Met.Store(1, Met.Fresh(1, 1));

        Assert.Equal(new KnownStore(D1, one.Record.Incarnation, 1), Assert.Single(one.Record.Stores).Value);
    }

    [Fact]
    public void A_cluster_is_formed_when_each_has_accepted_all_others_and_not_before()
    {
        var (one, two, three) = (Met.Store(1, Met.Fresh(1, 1, 2, 3)), Met.Store(2, Met.Fresh(2, 1, 2, 3)),
            Met.Store(3, Met.Fresh(3, 1, 2, 3)));
        Met.IntroduceAll(one, two);
        Assert.Null(one.Introduce(three));
        Assert.False(one.Record.IsFormed || two.Record.IsFormed || three.Record.IsFormed);

        Assert.Null(three.Introduce(one));
        Assert.True(one.Record.IsFormed);
        Assert.False(two.Record.IsFormed || three.Record.IsFormed);

        Met.IntroduceAll(one, two, three);
        foreach (var store in new[] { one, two, three })
        {
            Assert.Equal([1UL, 2, 3], store.Record.Stores.Keys);
            Assert.Equal([1UL, 2, 3], store.Record.Stores.Values.Select(known => known.Directory.Value));
        }
    }

    // Each would put the first region elsewhere, and both could write to it.
    [Fact]
    public void No_cluster_is_formed_by_stores_that_were_told_different_numbers_of_replicas()
    {
        var one = Met.Store(1, Met.Fresh(1, 1, 2));
        var two = Met.Store(2, Met.StartedWith(1, Met.Fresh(2, 1, 2), 1, 2));

        var refusal = two.Introduce(one);

        Assert.Equal(
            (RefusalKind.InitialStores, "store 1 was told that a region has 3 replicas, store 2 that it has 1; "
                + "tinykv.placement.replicas must be the same everywhere when a cluster is formed"),
            (refusal!.Kind, refusal.Text));
        Assert.False(one.Record.IsFormed || two.Record.IsFormed);
        Assert.True(one.Ending is { Misconfigured: true } && two.Ending is { Misconfigured: true });
    }

    [Fact]
    public void A_store_that_has_not_heard_that_its_cluster_is_formed_cannot_begin_with_another_number_of_replicas()
    {
        var (one, two) = (Met.Store(1, Met.Fresh(1, 1, 2)), Met.Store(2, Met.Fresh(2, 1, 2)));
        two.Introduce(one);
        one.Introduce(two);
        two.Introduce(one);
        Assert.True(one.Record.IsFormed);
        var again = Met.Store(2, Met.StartedWith(1, two.Record with { Stores = two.Record.Stores.Clear() }, 1, 2));

        Assert.Equal(RefusalKind.InitialStores, again.Introduce(one)?.Kind);

        Assert.NotNull(again.Ending);
        Assert.Null(one.Ending);
    }

    [Fact]
    public void The_number_of_replicas_that_a_formed_cluster_began_with_stays_whatever_a_store_is_told_later()
    {
        var stores = Met.Three();
        var third = Met.Store(3, Met.StartedWith(1, stores[2].Record, 1, 2, 3));

        Assert.Null(third.Introduce(stores[0]));

        Assert.Equal(3, third.Record.Replicas);
    }

    [Fact]
    public void A_store_that_was_restarted_is_accepted_also_when_nobody_heard_of_some_of_its_starts()
    {
        var stores = Met.Three();
        var third = stores[2];
        for (var start = 0; start < 5; start++) third = third.Restart();
        Assert.Null(third.Introduce(stores[0]));

        third = third.Restart().Restart();

        Assert.Null(third.Introduce(stores[0]));
        Assert.Null(third.Introduce(stores[1]));
        Assert.Null(third.Ending);
    }

    // Its answer, that it has accepted the start, need not arrive.
    [Fact]
    public void A_store_that_does_not_know_that_it_was_accepted_is_accepted_after_a_restart()
    {
        var stores = Met.Three();
        var third = stores[2].Restart();
        Assert.Null(stores[0].Hear(third.HelloTo(new StoreId(1))));

        Assert.Null(third.Restart().Introduce(stores[0]));
    }

    [Fact]
    public void Starts_are_forgotten_when_all_others_have_accepted_a_later_one()
    {
        var stores = Met.Three();
        var third = RestartOften(stores[2]);
        third.Introduce(stores[0]);
        Assert.Equal(Introductions.KeptStarts + 5, third.Record.Earlier.Length);
        var last = third.Record.Earlier[^1];

        third.Introduce(stores[1]);

        Assert.Equal((Introductions.KeptStarts, last), (third.Record.Earlier.Length, third.Record.Earlier[^1]));
    }

    // The true store, which comes back, has not heard of the start.
    [Fact]
    public void Starts_are_not_forgotten_because_one_that_is_refused_has_accepted_them()
    {
        var stores = Met.Three();
        var first = RestartOften(stores[0]);
        Met.IntroduceAll(first, stores[1]);
        var empty = Met.Store(3, Met.Fresh(9, 1, 2, 3));
        Assert.NotNull(empty.Introduce(first));
        Assert.Null(first.Introduce(empty));

        Assert.Equal(Introductions.KeptStarts + 5, first.Record.Earlier.Length);
        Assert.Null(first.Introduce(stores[2].Restart()));
    }

    [Fact]
    public void An_old_copy_accepts_the_others_and_ends()
    {
        var stores = Met.Three();
        var copy = stores[1];
        for (var start = 0; start < 3; start++)
            for (var i = 0; i < 3; i++)
            {
                stores[i] = stores[i].Restart();
                Met.IntroduceAll(stores);
            }

        copy = copy.Restart();
        Met.IntroduceAll(stores[0], copy, stores[2]);

        Assert.False(copy.Ending!.Misconfigured);
        Assert.Null(stores[0].Ending);
        Assert.Null(stores[2].Ending);
    }

    // The copy knows no start that the others still name, and would rather believe itself.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Old_copies_do_not_end_a_store_although_they_refuse_it(bool answersFirst)
    {
        var stores = Met.Three();
        var copies = new[] { stores[1], stores[2] };
        for (var start = 0; start < Introductions.KeptStarts + 5; start++)
            for (var i = 0; i < 3; i++)
            {
                stores[i] = stores[i].Restart();
                Met.IntroduceAll(stores);
            }
        var first = stores[0].Restart();

        foreach (var copy in copies.Select(copy => copy.Restart()))
        {
            if (!answersFirst) Assert.Equal(RefusalKind.OldCopy, copy.Introduce(first)!.Kind);
            Assert.Equal(RefusalKind.OldCopy, first.Introduce(copy)!.Kind);
        }

        Assert.Null(first.Ending);
    }

    // The store whose copy had refused this one comes back, and they have no reason to speak of it again.
    [Fact]
    public void What_a_copy_said_does_not_count_when_its_store_is_back()
    {
        var stores = Met.Three();
        var (first, second) = (stores[0].Restart(), stores[1].HelloTo(new StoreId(1)).Incarnation);
        first.Hear(new StoreHelloReply(
            new StoreId(2), second, first.Record.Directory, first.Record.Incarnation,
            new StoreRefusal(RefusalKind.OldCopy, "confused")));
        Assert.Null(stores[1].Hear(first.HelloTo(new StoreId(2))));
        first.Hear(stores[1].HelloTo(new StoreId(1)));
        Assert.True(first.ContactOf(new StoreId(2))!.IsIntroduced);

        first.Hear(new StoreHelloReply(
            new StoreId(3), stores[2].Record.Incarnation, first.Record.Directory, first.Record.Incarnation,
            new StoreRefusal(RefusalKind.OldCopy, "confused")));

        Assert.Null(first.ContactOf(new StoreId(2))!.RefusedBy);
        Assert.Null(first.Ending);
    }

    [Fact]
    public void An_empty_directory_under_a_known_number_is_refused_and_the_store_ends()
    {
        var stores = Met.Three();
        var empty = Met.Store(3, Met.Fresh(9, 1, 2, 3));

        var refusal = empty.Introduce(stores[0]);

        Assert.Equal(RefusalKind.Directory, refusal!.Kind);
        Assert.Equal("store 3 shows up with a new data directory, 0000000000000009; this cluster knows it by its directory "
            + "0000000000000003, which holds what it has promised: start it with that one. If that is lost, so is the store: "
            + "let an empty directory join as a new one with tinykv server --join, and remove this one", refusal.Text);
        Assert.Equal(new StoreEnding(false, refusal.Text), empty.Ending);
        Assert.Null(stores[0].Ending);

        // Its true directory is still welcome.
        Assert.Null(stores[2].Restart().Introduce(stores[0]));
    }

    [Fact]
    public void An_old_copy_of_a_directory_is_refused_however_often_it_is_started()
    {
        var stores = Met.Three();
        var copy = stores[2];
        var third = copy.Restart().Restart();
        Assert.Null(third.Introduce(stores[0]));

        for (var start = 0; start < 10; start++)
        {
            copy = copy.Restart();
            Assert.Equal(RefusalKind.OldCopy, copy.Introduce(stores[0])!.Kind);
        }
        Assert.Equal(RefusalKind.OldCopy, copy.ContactOf(new StoreId(1))!.RefusedBy!.Kind);
    }

    [Fact]
    public void What_a_store_said_before_it_was_restarted_is_not_taken_for_an_earlier_copy()
    {
        var stores = Met.Three();
        var late = stores[2].HelloTo(new StoreId(1));
        var third = stores[2].Restart();
        third.Introduce(stores[0]);

        var refusal = stores[0].Hear(late)!;
        Assert.Equal(RefusalKind.OldCopy, refusal.Kind);
        var answer = new StoreHelloReply(
            new StoreId(1), stores[0].Record.Incarnation, late.Directory, late.Incarnation, refusal);

        Assert.False(third.Hear(answer));
        Assert.Null(third.ContactOf(new StoreId(1))!.RefusedBy);
        Assert.Null(third.Introduce(stores[0]));
        Assert.True(stores[0].ContactOf(new StoreId(3))!.IsIntroduced || third.ContactOf(new StoreId(1))!.AcceptedBy != 0);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void A_formed_store_ends_when_those_that_refuse_it_leave_no_majority(int refusing, bool ends)
    {
        var stores = Met.Three();
        var third = stores[2].Restart();
        for (var store = 1; store <= refusing; store++)
            Assert.True(third.Hear(new StoreHelloReply(
                new StoreId((ulong)store), stores[store - 1].Record.Incarnation, third.Record.Directory,
                third.Record.Incarnation, new StoreRefusal(RefusalKind.OldCopy, "confused"))));

        Assert.Equal(ends ? new StoreEnding(false, "confused") : null, third.Ending);
    }

    [Fact]
    public void A_store_does_not_end_for_what_others_answer_to_somebody_who_speaks_in_its_name()
    {
        var stores = Met.Three();
        for (ulong other = 1; other <= 2; other++)
        {
            // He knows its present start, and not its directory.
            var forged = stores[2].HelloTo(new StoreId(other)) with { Directory = new DirectoryId(99) };
            var refusal = stores[other - 1].Hear(forged)!;
            Assert.Equal(RefusalKind.Directory, refusal.Kind);
            Assert.False(stores[2].Hear(new StoreHelloReply(
                new StoreId(other), stores[other - 1].Record.Incarnation, forged.Directory, forged.Incarnation, refusal)));
        }

        Assert.Null(stores[2].Ending);
        Assert.Null(stores[2].ContactOf(new StoreId(1))!.RefusedBy);
    }

    [Fact]
    public void A_formed_store_does_not_end_whoever_introduces_himself()
    {
        var stores = Met.Three();
        foreach (var hello in new[]
        {
            Met.Store(2, Met.Fresh(8, 1, 2)).HelloTo(new StoreId(1)),
            Met.Store(9, Met.Fresh(8, 1, 2, 3, 9)).HelloTo(new StoreId(1)),
            stores[1].HelloTo(new StoreId(1)) with { Cluster = 5 },
            stores[1].HelloTo(new StoreId(1)) with { Protocol = 99 },
            stores[1].HelloTo(new StoreId(3)),
        })
            Assert.NotNull(stores[0].Hear(hello));
        stores[0].Hear(new StoreHelloReply(
            new StoreId(2), 5, stores[0].Record.Directory, stores[0].Record.Incarnation,
            new StoreRefusal(RefusalKind.InitialStores, "confused")));

        Assert.Null(stores[0].Ending);
    }

    [Fact]
    public void Stores_that_were_told_different_lists_end_all_of_them()
    {
        var (one, two, three) = (Met.Store(1, Met.Fresh(1, 1, 2, 3)), Met.Store(2, Met.Fresh(2, 1, 2)),
            Met.Store(3, Met.Fresh(3, 1, 2, 3)));

        one.Introduce(two);
        Assert.Equal("store 2 was told the initial stores [1, 2], store 1 was told the initial stores [1, 2, 3]; "
            + "tinykv.cluster.stores must name the same stores everywhere", one.Ending!.Text);
        Assert.True(one.Ending.Misconfigured);
        Assert.Equal(one.Ending, two.Ending);

        // Whoever comes later hears it from each of them, whoever of the two speaks first.
        one.Introduce(three);
        Assert.Equal(one.Ending, three.Ending);
        Assert.True(one.ContactOf(new StoreId(3))!.HasHeardEnding);
        Assert.False(one.MustGreet(one.ContactOf(new StoreId(3))!));
    }

    [Fact]
    public void A_cluster_of_one_that_is_told_to_be_one_of_three_ends_and_so_do_the_others()
    {
        var one = Met.Store(1, Met.Fresh(1, 1));
        var grown = Met.Store(1, Met.Started(one.Record, 1, 2, 3), 1, 2, 3);
        var (two, three) = (Met.Store(2, Met.Fresh(2, 1, 2, 3)), Met.Store(3, Met.Fresh(3, 1, 2, 3)));

        Assert.Equal("the data directory of store 1 belongs to a cluster of the initial stores [1], but "
            + "tinykv.cluster.stores names [1, 2, 3]; that list stays as it was when the cluster was formed: a store that is "
            + "to be added joins with tinykv server --join",
            grown.Ending!.Text);
        Met.IntroduceAll(grown, two, three);

        Assert.All(new[] { grown, two, three }, store => Assert.True(store.Ending!.Misconfigured));
        Assert.False(two.Record.IsFormed || three.Record.IsFormed);
        Assert.Contains("[1]", two.Ending!.Text, StringComparison.Ordinal);
        Assert.All(grown.Contacts, contact => Assert.True(contact.HasHeardEnding));
    }

    [Fact]
    public void A_directory_that_was_not_formed_takes_over_another_list()
    {
        var two = Met.Store(2, Met.Fresh(2, 1, 2));

        Assert.Equal([.. Met.Ids(1, 2, 3)], Met.Started(two.Record, 1, 2, 3).Initial.ToArray());
    }

    [Fact]
    public void Before_the_cluster_is_formed_a_store_may_come_with_another_directory()
    {
        var one = Met.Store(1, Met.Fresh(1, 1, 2, 3));
        Met.Store(2, Met.Fresh(8, 1, 2, 3)).Introduce(one);

        Assert.Null(Met.Store(2, Met.Fresh(2, 1, 2, 3)).Introduce(one));

        Assert.Equal(new DirectoryId(2), one.ContactOf(new StoreId(2))!.Known!.Directory);
    }

    private static Introductions RestartOften(Introductions store)
    {
        while (store.Record.Earlier.Length < Introductions.KeptStarts + 5) store = store.Restart();
        return store;
    }
}
