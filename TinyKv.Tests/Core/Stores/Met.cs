using System.Collections.Immutable;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Stores;

/// <summary>Stores that introduce themselves to each other, one message after the other.</summary>
internal static class Met
{
    public const ulong Cluster = 77;

    private static ulong _incarnation;

    public static ImmutableArray<StoreId> Ids(params ulong[] ids) => [.. ids.Select(id => new StoreId(id))];

    /// <summary>A new directory, started once.</summary>
    public static StoreRecord Fresh(ulong directory, params ulong[] initial) =>
        Started(new StoreRecord { Directory = new DirectoryId(directory), Initial = Ids(initial) }, initial);

    /// <summary>The directory, started once more.</summary>
    public static StoreRecord Started(StoreRecord record, params ulong[] told) => StartedWith(3, record, told);

    /// <summary>The directory, started once more by who is told how many replicas a region has.</summary>
    public static StoreRecord StartedWith(int replicas, StoreRecord record, params ulong[] told) =>
        record.Start(Interlocked.Increment(ref _incarnation), Ids(told), replicas);

    public static Introductions Store(ulong id, StoreRecord record, params ulong[] told) =>
        new(Cluster, new StoreId(id), record, told.Length == 0 ? record.Initial : Ids(told));

    /// <summary>One introduces itself to another, which answers; the refusal.</summary>
    public static StoreRefusal? Introduce(this Introductions from, Introductions to)
    {
        var (sender, receiver) = (from.HelloTo(new StoreId(0)).From, to.HelloTo(new StoreId(0)).From);
        var hello = from.HelloTo(receiver);
        var refusal = to.Hear(hello);
        from.Hear(new StoreHelloReply(receiver, to.Record.Incarnation, hello.Directory, hello.Incarnation, refusal));
        return refusal;
    }

    /// <summary>Everybody introduces itself to everybody, until nothing is new.</summary>
    public static void IntroduceAll(params Introductions[] stores)
    {
        for (var round = 0; round < 2; round++)
            foreach (var from in stores)
                foreach (var to in stores)
                    if (from != to) from.Introduce(to);
    }

    /// <summary>A formed cluster of three, whose directories have their numbers.</summary>
    public static Introductions[] Three()
    {
        Introductions[] stores = [.. new ulong[] { 1, 2, 3 }.Select(id => Store(id, Fresh(id, 1, 2, 3)))];
        IntroduceAll(stores);
        return stores;
    }

    /// <summary>A new directory that has joined the cluster of <see cref="Three"/>, started once.</summary>
    public static StoreRecord JoinedTo(ulong directory, StoreId self) => Started(
        new StoreRecord { Directory = new DirectoryId(directory), Initial = [] }
            .Join(self, Ids(1, 2, 3), Registered(self, directory)));

    /// <summary>What placement says of the cluster of <see cref="Three"/> when another store has joined it.</summary>
    public static IEnumerable<RegisteredStore> Registered(StoreId joined, ulong directory) =>
    [
        .. new ulong[] { 1, 2, 3 }.Select(id => new RegisteredStore(new StoreId(id), new DirectoryId(id), IsRemoved: false)),
        new RegisteredStore(joined, new DirectoryId(directory), IsRemoved: false),
    ];

    /// <summary>The same store after a restart on its directory.</summary>
    public static Introductions Restart(this Introductions store) =>
        Store(store.HelloTo(new StoreId(0)).From.Value, Started(store.Record, [.. store.Record.Initial.Select(id => id.Value)]));
}
