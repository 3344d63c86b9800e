using Akka.Actor;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;

namespace TinyKv.Tests.Actors.Apply;

public sealed class SnapshotInstallationTests() : ApplyActorKit(start: "a")
{
    private readonly MemoryStaging _staging = new();

    [Fact]
    public async Task A_state_machine_continues_behind_the_snapshot_it_is_given()
    {
        var kv = await StartAsync(expected: 5, spec: Spec);
        kv.Tell(new ApplyEntries([Command(6, "b", "old")]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);

        kv.Tell(new InstallSnapshot(Staged(100)), TestActor);

        var installed = await ExpectMsgAsync<SnapshotInstalled>(WaitTimeout);
        Assert.Equal((new LogPosition(100, 7), 2UL), (installed.Applied, installed.Record.Region.Epoch.ConfVer));
        Assert.Equal(installed, await Parent.ExpectMsgAsync<SnapshotInstalled>(WaitTimeout));
        Assert.Equal((null, "new"), (Value("b"), Value("c")));
        kv.Tell(new ApplyEntries([Command(101, "d", "1")]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(101), WaitTimeout);
    }

    [Fact]
    public async Task Whoever_waits_for_a_command_that_the_snapshot_may_hold_hears_that_nobody_knows()
    {
        var kv = await StartAsync(expected: 5, spec: Spec);
        var asker = CreateTestProbe();
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(50, 6), asker.Ref)]));

        kv.Tell(new InstallSnapshot(Staged(100)), TestActor);

        await asker.ExpectMsgAsync(new RegionError.StaleCommand(), WaitTimeout);
    }

    [Fact]
    public async Task A_state_machine_that_cannot_read_an_entry_takes_no_snapshot_either()
    {
        var kv = await StartAsync(expected: 5, spec: Spec);
        kv.Tell(new ApplyEntries([new Entry(new LogPosition(6, 7), EntryKind.Command, new byte[] { 0xff })]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(5), WaitTimeout);

        kv.Tell(new InstallSnapshot(Staged(100)), TestActor);

        Assert.Equal(Region.Id, (await Parent.FishForMessageAsync<DropSnapshot>(_ => true, WaitTimeout)).Region);
        Assert.Null(Value("c"));
    }

    [Fact]
    public async Task Reads_that_wait_for_an_index_within_the_snapshot_see_all_of_it()
    {
        var kv = await StartAsync(expected: 5, spec: Spec);
        var asker = CreateTestProbe();
        kv.Tell(new ServeReads(60, 7, [asker.Ref]));

        kv.Tell(new InstallSnapshot(Staged(100)), TestActor);

        var view = await asker.ExpectMsgAsync<ReadView>(WaitTimeout);
        Assert.Equal("new"u8.ToArray(), view.Snapshot.Get(ColumnFamily.Default, "c"u8));
        Assert.Equal(2UL, view.Region.Epoch.ConfVer);
        view.Release();
    }

    [Fact]
    public async Task The_snapshot_explains_the_engine_until_the_journal_begins_behind_it()
    {
        var kv = await StartAsync(expected: 5, spec: Spec);
        kv.Tell(new InstallSnapshot(Staged(100)), TestActor);
        await ExpectMsgAsync<SnapshotInstalled>(WaitTimeout);
        kv.Tell(Describe.Instance, TestActor);
        Assert.Equal(new LogPosition(100, 7), (await ExpectMsgAsync<Described>(WaitTimeout)).Snapshot);

        kv.Tell(new SnapshotJournaled(Region.Id));
        kv.Tell(Describe.Instance, TestActor);

        Assert.Null((await ExpectMsgAsync<Described>(WaitTimeout)).Snapshot);
        using var snapshot = Engine.Snapshot();
        Assert.Null(MetaRecords.ReadSnapshot(snapshot, Region.Id));
        Assert.Equal(Region.Id, (await Parent.FishForMessageAsync<DropSnapshot>(_ => true, WaitTimeout)).Region);
    }

    private ApplySpec Spec => KvSpec(Engine, Region) with { Installer = new SnapshotInstaller(Engine, _staging) };

    private StagedSnapshot Staged(long index)
    {
        var region = Region with { Epoch = new RegionEpoch(2, 1) };
        using var table = new MemoryTableWriter(ColumnFamily.Default);
        table.Add("c"u8, "new"u8);
        return _staging.Commit(new SnapshotHeader(region, new LogPosition(index, 7)), [table.Finish()]);
    }

    private static Entry Command(long index, string key, string value) => new(
        new LogPosition(index, 7), EntryKind.Command, TinyKv.Protocol.Commands.CommandCodec.Encode(
            new TinyKv.Core.Commands.WriteCommand(
                1, [new TinyKv.Core.Storage.Modify.Put(ColumnFamily.Default, Bytes(key), Bytes(value))])));
}
