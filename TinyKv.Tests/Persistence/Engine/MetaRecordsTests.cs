using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Persistence.Engine;

public sealed class MetaRecordsTests : IDisposable
{
    private static readonly RegionRecord[] Records =
        [.. Bootstrap.Regions([new StoreId(1), new StoreId(2)], replicas: 3).Select(region => new RegionRecord(region))];

    private readonly MemoryEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void What_a_store_begins_with_is_there_with_the_origin_of_every_log()
    {
        Assert.Empty(ReadAll());

        MetaRecords.Create(_engine, Records);

        Assert.Equal(Records.Select(record => (record.Region.Id, record.Region.Range, record.State, record.JournalBorn)),
            ReadAll().Select(record => (record.Region.Id, record.Region.Range, record.State, record.JournalBorn)));
        Assert.All(Records, record => Assert.Equal(InitialState.Origin, Applied(record.Region.Id)));
    }

    [Fact]
    public void What_is_written_of_a_region_replaces_what_was_and_nothing_else()
    {
        MetaRecords.Create(_engine, Records);

        Write(batch =>
        {
            MetaRecords.Write(batch, Records[1] with { JournalBorn = true });
            MetaRecords.WriteApplied(batch, RegionId.First, new LogPosition(long.MaxValue, 7));
        });

        Assert.Equal([false, true], ReadAll().Select(record => record.JournalBorn));
        Assert.Equal(new LogPosition(long.MaxValue, 7), Applied(RegionId.First));
        Assert.Equal(InitialState.Origin, Applied(RegionId.Placement));
    }

    [Fact]
    public void Other_records_of_regions_are_no_regions()
    {
        Write(batch => batch.Put(ColumnFamily.Meta, MetaKeys.Of(RegionId.Placement, MetaKeys.PlacementState), new byte[16]));

        Assert.Empty(ReadAll());
        Assert.Null(Applied(RegionId.Placement));
    }

    [Fact]
    public void A_damaged_record_says_whose_it_is()
    {
        Write(batch => batch.Put(ColumnFamily.Meta, MetaKeys.Of(new RegionId(9), MetaKeys.Region), "?"u8));

        var damage = Assert.Throws<StorageFailedException>(() => ReadAll());

        Assert.True(damage.IsDamage);
        Assert.Contains("region 9", damage.Message, StringComparison.Ordinal);
        Write(batch => batch.Put(ColumnFamily.Meta, MetaKeys.Of(new RegionId(9), MetaKeys.Applied), new byte[8]));
        Assert.Throws<InvariantViolationException>(() => Applied(new RegionId(9)));
    }

    private IReadOnlyList<RegionRecord> ReadAll()
    {
        using var snapshot = _engine.Snapshot();
        return MetaRecords.ReadAll(snapshot);
    }

    private LogPosition? Applied(RegionId region)
    {
        using var snapshot = _engine.Snapshot();
        return MetaRecords.ReadApplied(snapshot, region);
    }

    private void Write(Action<IWriteBatch> write)
    {
        using var batch = _engine.NewBatch();
        write(batch);
        _engine.Write(batch, sync: false);
    }
}
