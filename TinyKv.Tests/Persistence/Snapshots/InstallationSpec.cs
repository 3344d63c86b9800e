using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;

namespace TinyKv.Tests.Persistence.Snapshots;

/// <summary>What the installation of a snapshot promises, beside every engine.</summary>
public abstract class InstallationSpec
{
    // More than an installation has.
    private const int MaxSteps = 20;

    private static readonly LogPosition OldApplied = new(9, 5);
    private static readonly Region Old = Region("b", "y", 1, 1);
    private static readonly SnapshotHeader Header = new(Region("b", "p", 2, 1, 2), new LogPosition(100, 7));

    private static readonly string[] OldContent =
        ["Default a=outside", "Default c=old", "Default x=old, and not in the snapshot's range", "Lock c=old"];

    private static readonly string[] NewContent = ["Default a=outside", "Default d=new", "Default e=new", "Write d=new"];

    /// <summary>An engine and a staging area on empty disks.</summary>
    private protected abstract (IEngine Engine, ISnapshotStaging Staging) Create();

    /// <summary>The same, as they are after the process was killed.</summary>
    private protected abstract (IEngine Engine, ISnapshotStaging Staging) Reopen(IEngine engine, ISnapshotStaging staging);

    [Fact]
    public void A_replica_holds_what_the_snapshot_holds_and_nothing_of_before()
    {
        var (engine, staging) = Create();
        using var owned = engine;
        PutOld(engine);

        var installed = new SnapshotInstaller(engine, staging).Install(Stage(staging), Recorded(engine));

        Assert.Equal(RegionState.Normal, installed.State);
        RequireNew(engine, installed.JournalBorn);
        Assert.True(installed.JournalBorn);
    }

    [Fact]
    public void A_region_that_was_not_here_is_made_by_its_snapshot()
    {
        var (engine, staging) = Create();
        using var owned = engine;

        var installed = new SnapshotInstaller(engine, staging).Install(Stage(staging), before: null);

        Assert.False(installed.JournalBorn);
        Assert.Equal(NewContent[1..], Content(engine));
    }

    [Fact]
    public void A_kill_between_any_two_steps_leaves_the_old_state_or_the_next_start_ends_in_the_new_one()
    {
        for (var steps = 0; ; steps++)
        {
            var (engine, staging) = Create();
            PutOld(engine);
            var isDone = IsDone(() => new SnapshotInstaller(new CutEngine(engine, steps), staging)
                .Install(Stage(staging), Recorded(engine)));

            (engine, staging) = Reopen(engine, staging);
            RequireNoHalf(engine);
            new SnapshotInstaller(engine, staging).Resume();

            if (steps == 0) RequireOld(engine);
            else RequireNew(engine, journalBorn: true);
            Assert.Empty(staging.Regions);
            engine.Dispose();
            if (isDone) return;
            Assert.InRange(steps, 0, MaxSteps);
        }
    }

    [Fact]
    public void A_start_that_repeats_an_installation_may_be_killed_as_well()
    {
        for (var steps = 0; ; steps++)
        {
            var (engine, staging) = Create();
            PutOld(engine);
            // Behind the mark, in the middle of the first family.
            Assert.False(IsDone(() => new SnapshotInstaller(new CutEngine(engine, 2), staging)
                .Install(Stage(staging), Recorded(engine))));

            (engine, staging) = Reopen(engine, staging);
            var isDone = IsDone(() => new SnapshotInstaller(new CutEngine(engine, steps), staging).Resume());
            (engine, staging) = Reopen(engine, staging);
            RequireNoHalf(engine);
            new SnapshotInstaller(engine, staging).Resume();

            RequireNew(engine, journalBorn: true);
            engine.Dispose();
            if (isDone) return;
            Assert.InRange(steps, 0, MaxSteps);
        }
    }

    [Fact]
    public void A_snapshot_that_was_on_its_way_is_discarded_at_the_next_start()
    {
        var (engine, staging) = Create();
        PutOld(engine);
        Stage(staging);
        using (var begun = new SnapshotAssembly(staging, Header with { Region = Header.Region with { Id = new RegionId(8) } }))
            begun.Add(Chunks()[0] with { IsLast = false });

        (engine, staging) = Reopen(engine, staging);
        Assert.Equal(2, staging.Regions.Count);
        new SnapshotInstaller(engine, staging).Resume();

        Assert.Empty(staging.Regions);
        RequireOld(engine);
        engine.Dispose();
    }

    [Fact]
    public void A_store_does_not_start_when_the_snapshot_of_an_interrupted_installation_is_gone()
    {
        var (engine, staging) = Create();
        PutOld(engine);
        Assert.False(IsDone(() => new SnapshotInstaller(new CutEngine(engine, 2), staging)
            .Install(Stage(staging), Recorded(engine))));
        staging.Discard(Header.Region.Id);

        (engine, staging) = Reopen(engine, staging);
        var refusal = Assert.Throws<StorageFailedException>(() => new SnapshotInstaller(engine, staging).Resume());

        Assert.True(refusal.IsDamage);
        Assert.Contains("region 7", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("is gone", refusal.Message, StringComparison.Ordinal);
        engine.Dispose();
    }

    [Fact]
    public void Another_snapshot_does_not_take_the_place_of_the_interrupted_one()
    {
        var (engine, staging) = Create();
        PutOld(engine);
        Assert.False(IsDone(() => new SnapshotInstaller(new CutEngine(engine, 2), staging)
            .Install(Stage(staging), Recorded(engine))));
        Stage(staging, Header with { Applied = new LogPosition(101, 7) });

        Assert.Throws<StorageFailedException>(() => new SnapshotInstaller(engine, staging).Resume());
        engine.Dispose();
    }

    [Fact]
    public void Once_the_journal_begins_behind_the_snapshot_it_explains_nothing_any_more()
    {
        var (engine, staging) = Create();
        using var owned = engine;
        PutOld(engine);
        var installer = new SnapshotInstaller(engine, staging);
        installer.Install(Stage(staging), Recorded(engine));

        installer.Finish(Header.Region.Id);

        using var snapshot = engine.Snapshot();
        Assert.Null(MetaRecords.ReadSnapshot(snapshot, Header.Region.Id));
        Assert.Equal(Header.Applied, MetaRecords.ReadApplied(snapshot, Header.Region.Id));
    }

    private protected static void PutOld(IEngine engine)
    {
        using var batch = engine.NewBatch();
        MetaRecords.Write(batch, new RegionRecord(Old) { JournalBorn = true });
        MetaRecords.WriteApplied(batch, Old.Id, OldApplied);
        foreach (var (family, key, value) in OldContent.Select(Parse)) batch.Put(family, Bytes(key), Bytes(value));
        engine.Write(batch, sync: true);
    }

    private protected static StagedSnapshot Stage(ISnapshotStaging staging, SnapshotHeader? header = null)
    {
        using var assembly = new SnapshotAssembly(staging, header ?? Header, tableBytes: 3);
        foreach (var chunk in Chunks()) assembly.Add(chunk with { Applied = assembly.Header.Applied });
        return assembly.Complete();
    }

    private protected static RegionRecord Recorded(IEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return Assert.Single(MetaRecords.ReadAll(snapshot));
    }

    private protected static bool IsDone(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (CutEngine.KilledException)
        {
            return false;
        }
    }

    // Whoever reads the region's keys goes by its record.
    private protected static void RequireNoHalf(IEngine engine)
    {
        var record = Recorded(engine);
        if (StoreCatalog.Of([record]).AddresseeOf(record.Region.Id) is not Addressee.Here) return;
        if (record.Region.Epoch == Old.Epoch) RequireOld(engine);
        else RequireNew(engine, journalBorn: true);
    }

    private protected static void RequireOld(IEngine engine)
    {
        using var snapshot = engine.Snapshot();
        Assert.Equal(Old.Epoch, Recorded(engine).Region.Epoch);
        Assert.Equal(OldApplied, MetaRecords.ReadApplied(snapshot, Old.Id));
        Assert.Equal(OldContent, Content(engine));
    }

    private protected static void RequireNew(IEngine engine, bool journalBorn)
    {
        using var snapshot = engine.Snapshot();
        var record = Recorded(engine);
        Assert.Equal((RegionState.Normal, journalBorn), (record.State, record.JournalBorn));
        Assert.Equal((Header.Region.Range, Header.Region.Epoch), (record.Region.Range, record.Region.Epoch));
        Assert.Equal<Peer>(Header.Region.Peers, record.Region.Peers);
        Assert.Equal(Header.Applied, MetaRecords.ReadApplied(snapshot, Header.Region.Id));
        Assert.Equal(Header.Applied, MetaRecords.ReadSnapshot(snapshot, Header.Region.Id));
        Assert.Equal(NewContent, Content(engine));
    }

    private static List<SnapshotChunk> Chunks()
    {
        using var engine = new MemoryEngine();
        using var batch = engine.NewBatch();
        foreach (var (family, key, value) in NewContent[1..].Select(Parse)) batch.Put(family, Bytes(key), Bytes(value));
        engine.Write(batch, sync: false);
        using var snapshot = engine.Snapshot();
        var chunks = new List<SnapshotChunk>();
        do
        {
            chunks.Add(ChunkReader.Read(
                snapshot, Header, chunks.Count == 0 ? SnapshotCursor.Start : chunks[^1].Next, maxBytes: 1));
        }
        while (!chunks[^1].IsLast);
        return chunks;
    }

    private static List<string> Content(IEngine engine)
    {
        using var snapshot = engine.Snapshot();
        var content = new List<string>();
        foreach (var family in ColumnFamilies.OfClients)
        {
            using var walk = snapshot.Iterate(family, KeyRange.All);
            while (walk.MoveNext())
                content.Add($"{family} {System.Text.Encoding.UTF8.GetString(walk.Key)}="
                    + System.Text.Encoding.UTF8.GetString(walk.Value));
        }
        return content;
    }

    private static (ColumnFamily Family, string Key, string Value) Parse(string text)
    {
        var parts = text.Split(' ', '=');
        return (Enum.Parse<ColumnFamily>(parts[0]), parts[1], text[(text.IndexOf('=') + 1)..]);
    }

    private static Region Region(string start, string end, ulong confVer, params ulong[] stores) => new(
        new RegionId(7), new KeyRange(Bytes(start), Bytes(end)), new RegionEpoch(confVer, 1),
        [.. stores.Select(each => new Peer(new PeerId(70 + each), new StoreId(each)))]);

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
