using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Actors.Placement;

public sealed class StoreKeeperTests
{
    private readonly MemoryEngine _engine = new();

    [Fact]
    public void What_is_kept_is_known_at_the_next_start()
    {
        var directory = Directory(7, StoreState.Up);

        new StoreKeeper(_engine).Keep(directory);

        var known = StoreTable.Of(_engine).Current;
        Assert.Equal((77UL, 3U, 7L), (known.Cluster, known.MaxReplicas, known.Version));
        Assert.Equal("a", known.Find(new StoreId(1))!.Labels["zone"]);
        Assert.Equal(directory.Find(new StoreId(1))! with { Labels = StoreInfo.NoLabels },
            known.Find(new StoreId(1))! with { Labels = StoreInfo.NoLabels });
    }

    [Fact]
    public void Only_a_later_directory_takes_the_place_of_what_is_kept()
    {
        StoreKeeper.Begin(_engine, Directory(7, StoreState.Up));
        var keeper = new StoreKeeper(_engine);

        keeper.Keep(Directory(6, StoreState.Tombstone));
        Assert.Equal(StoreState.Up, StoreTable.Of(_engine).Current.Find(new StoreId(1))!.State);
        keeper.Keep(Directory(8, StoreState.Tombstone));

        Assert.Equal(StoreState.Tombstone, StoreTable.Of(_engine).Current.Find(new StoreId(1))!.State);
    }

    [Fact]
    public void What_is_kept_is_no_record_of_a_region()
    {
        StoreKeeper.Begin(_engine, Directory(7, StoreState.Up));

        using var snapshot = _engine.Snapshot();
        Assert.Empty(MetaRecords.ReadAll(snapshot));
        Assert.False(StoreRecords.Load(snapshot).IsBootstrapped);
    }

    private static StoreDirectory Directory(long version, StoreState state) => StoreDirectory.Of(77, 3, version,
    [
        new StoreInfo
        {
            Id = new StoreId(1),
            Directory = new DirectoryId(9),
            Addresses = new StoreAddresses("h", 1, 2, 3, 4),
            Labels = StoreInfo.NoLabels.Add("zone", "a"),
            State = state,
            ProgramVersion = "1.0",
            Version = version,
        },
    ]);
}
