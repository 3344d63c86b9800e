using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Apply;

/// <summary>A region from <c>a</c> to <c>m</c> that is split at <c>g</c>.</summary>
public sealed class ApplyActorSplitTests() : ApplyActorKit(start: "a")
{
    private static readonly RegionId Child = new(100);

    [Fact]
    public async Task Both_halves_and_the_entry_that_makes_them_are_one_write()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(6, 6), asker)]));

        kv.Tell(new ApplyEntries([Split(6)]));

        var told = await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout);
        Assert.Equal(1, Engine.Writes);
        Assert.Equal(Range("a", "g"), told.Record.Region.Range);
        Assert.Equal(new RegionRecord(told.Child!.Region), told.Child);
        Assert.Equal(Range("g", "m"), told.Child.Region.Range);
        Assert.Equivalent(new[] { told.Record, told.Child }, Records(), strict: true);
        Assert.Equal((6, InitialState.Origin.Index), (Applied(Region.Id), Applied(Child)));
        Assert.Equal(
            new RegionSplit(told.Record.Region, told.Child.Region), await asker.ExpectMsgAsync<RegionSplit>(WaitTimeout));
    }

    [Fact]
    public async Task What_comes_behind_in_the_log_is_applied_to_what_is_left()
    {
        var kv = await StartAsync(expected: 5);

        kv.Tell(new ApplyEntries([Put(6, "b", 1), Split(7), Put(8, "b", 2, "new"), Put(9, "h", 2), Put(10, "c", 1)]));
        await ExpectMsgAsync<RegionChanged>(WaitTimeout);
        await ExpectMsgAsync<EntriesApplied>(WaitTimeout);

        Assert.Equal(["new", null, null], new[] { "b", "h", "c" }.Select(key => Value(key)));
    }

    [Fact]
    public async Task A_split_of_a_region_as_it_was_before_does_nothing()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(7, 6), asker)]));

        kv.Tell(new ApplyEntries([Split(6), Split(7, "c", region: 200)]));

        await asker.ExpectMsgAsync<RegionError.EpochNotMatch>(WaitTimeout);
        Assert.Equal([Region.Id, Child], Records().Select(record => record.Region.Id));
        Assert.Equal(Child, (await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout)).Child!.Region.Id);
        Assert.False(Parent.HasMessages);
    }

    [Fact]
    public async Task A_new_region_whose_replica_was_here_and_was_removed_is_not_made_again()
    {
        using (var batch = Engine.NewBatch())
        {
            var gone = new Region(Child, Range("g", "m"), new RegionEpoch(3, 2), []);
            MetaRecords.Write(batch, new RegionRecord(gone) { State = RegionState.Tombstone });
            batch.Put(ColumnFamily.Default, Bytes("h"), Bytes("theirs"));
            Engine.Write(batch, sync: false);
        }
        var kv = await StartAsync(expected: 5);

        kv.Tell(new ApplyEntries([Split(6)]));

        Assert.Null((await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout)).Child);
        Assert.Equal(RegionState.Tombstone, Records()[1].State);
        Assert.Null(Value("h"));
    }

    [Fact]
    public async Task A_restart_knows_both_halves()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ApplyEntries([Split(6)]));
        await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout);
        Watch(kv);
        Sys.Stop(kv);
        await ExpectMsgAsync<RegionChanged>(WaitTimeout);
        await ExpectMsgAsync<EntriesApplied>(WaitTimeout);
        await ExpectTerminatedAsync(kv, WaitTimeout);

        await StartAsync(expected: 6);
        await StartAsync(expected: 5, spec: KvSpec(Engine, Records()[1].Region));
    }

    private List<RegionRecord> Records()
    {
        using var snapshot = Engine.Snapshot();
        return [.. MetaRecords.ReadAll(snapshot)];
    }

    private long Applied(RegionId region)
    {
        using var snapshot = Engine.Snapshot();
        return MetaRecords.AppliedOf(snapshot, region).Index;
    }

    private static KeyRange Range(string start, string end) => new(Bytes(start), Bytes(end));

    private static Entry Split(long index, string key = "g", ulong region = 100) => Of(index, new SplitRegion(
        RegionEpoch.Initial, Bytes(key), new RegionId(region), [new PeerId(region + 1)]));

    private static Entry Put(long index, string key, ulong version, string value = "1") => Of(index, new WriteCommand(
        version, [new Modify.Put(ColumnFamily.Default, Bytes(key), Bytes(value))]));

    private static Entry Of(long index, Command command) =>
        new(new LogPosition(index, 6), EntryKind.Command, CommandCodec.Encode(command));
}
