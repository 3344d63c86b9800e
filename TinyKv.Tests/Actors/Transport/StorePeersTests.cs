using Akka.Actor;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Actors.Transport;

public sealed class StorePeersTests
{
    private static readonly StoreId One = new(1);
    private static readonly StoreId Two = new(2);
    private static readonly StoreId Joined = new(1004);

    private readonly List<StorePeersChange> _changes = [];

    [Fact]
    public void Before_placement_says_anything_the_others_are_those_of_the_configuration()
    {
        var peers = Peers(StoreDirectory.Empty);

        Assert.Equal([Two], peers.All.Values.Select(peer => peer.Id));
        Assert.Equal(At("two"), peers.Find(Two)!.Current);
        Assert.Null(peers.Find(One));
        Assert.True(peers.IsStore(Remoting("two")));
        Assert.False(peers.IsStore(Remoting("one")));
        Assert.False(peers.IsStore(Remoting("four")));
    }

    [Fact]
    public void A_store_that_joins_is_one_of_the_others_until_it_is_removed_and_is_known_to_have_been_one()
    {
        var peers = Peers(StoreDirectory.Empty);
        var joined = Directory(2, Store(1, "one"), Store(2, "two"), Store(1004, "four"));

        peers.Follow(joined);
        Assert.Equal<StoreId>([Joined], Assert.Single(_changes).Added.ToArray());
        Assert.Equal(At("four"), peers.Find(Joined)!.Current);
        peers.Follow(joined.With(joined.Find(Joined)! with { State = StoreState.Tombstone }));

        Assert.Equal<StoreId>([Joined], _changes[1].Removed.ToArray());
        Assert.Null(peers.Find(Joined));
        Assert.True(peers.IsStore(Remoting("four")));
        Assert.True(peers.IsRemoved(Remoting("four")));
        Assert.False(peers.IsRemoved(Remoting("two")) || peers.IsRemoved(Remoting("five")));
    }

    [Fact]
    public void Where_another_store_is_now_none_was_removed()
    {
        var peers = Peers(Directory(5, Store(1, "one"), Store(2, "two"),
            Store(1004, "four") with { State = StoreState.Tombstone }, Store(1005, "four")));

        Assert.False(peers.IsRemoved(Remoting("four")));
    }

    [Fact]
    public void What_is_older_than_what_is_known_changes_nothing()
    {
        var peers = Peers(Directory(5, Store(1, "one"), Store(2, "two"), Store(1004, "four")));

        peers.Follow(Directory(4, Store(1, "one"), Store(2, "two")));

        Assert.NotNull(peers.Find(Joined));
        Assert.Empty(_changes);
    }

    [Fact]
    public void A_store_that_placement_knows_elsewhere_than_the_configuration_may_be_at_both_places()
    {
        var peers = Peers(Directory(5, Store(1, "one"), Store(2, "elsewhere")));

        Assert.Equal<StoreAddresses>([At("two"), At("elsewhere")], peers.Find(Two)!.Places.ToArray());
        Assert.True(peers.IsStore(Remoting("two")) && peers.IsStore(Remoting("elsewhere")));
        peers.Heard(Two, 1);

        Assert.Equal<StoreAddresses>([At("elsewhere"), At("two")], peers.Find(Two)!.Places.ToArray());
        Assert.Equal<StoreId>([Two], Assert.Single(_changes).Moved.ToArray());
    }

    [Fact]
    public void Where_placement_says_that_a_store_is_now_it_is_spoken_to()
    {
        var peers = Peers(Directory(5, Store(1, "one"), Store(2, "two"), Store(1004, "four")));

        peers.Follow(Directory(6, Store(1, "one"), Store(2, "second"), Store(1004, "fourth")));

        Assert.Equal<StoreAddresses>([At("second"), At("two")], peers.Find(Two)!.Places.ToArray());
        Assert.Equal<StoreAddresses>([At("fourth")], peers.Find(Joined)!.Places.ToArray());
        Assert.Equal<StoreId>([Two, Joined], Assert.Single(_changes).Moved.ToArray());
    }

    [Fact]
    public void An_initial_store_that_was_removed_is_none_of_the_others_although_the_configuration_names_it()
    {
        var peers = Peers(Directory(5, Store(1, "one"), Store(2, "two") with { State = StoreState.Tombstone }));

        Assert.Empty(peers.All);
        Assert.True(peers.IsStore(Remoting("two")));
    }

    private StorePeers Peers(StoreDirectory directory)
    {
        var peers = new StorePeers(
            One, [KeyValuePair.Create(One, At("one")), KeyValuePair.Create(Two, At("two"))], directory);
        peers.Changed += _changes.Add;
        return peers;
    }

    private static StoreDirectory Directory(long version, params StoreInfo[] stores) =>
        StoreDirectory.Of(77, 3, version, stores);

    private static StoreInfo Store(ulong id, string host) =>
        new() { Id = new StoreId(id), Directory = new DirectoryId(id), Addresses = At(host) };

    private static StoreAddresses At(string host) => new(host, 1, 2, 3, 4);

    private static Address Remoting(string host) => new("akka.tcp", "tinykv", host, 3);
}
