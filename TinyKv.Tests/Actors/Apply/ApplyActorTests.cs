using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Apply;

public sealed class ApplyActorTests() : ApplyActorKit(start: "a")
{
    [Fact]
    public async Task A_new_state_machine_holds_what_it_was_born_with()
    {
        await StartAsync(expected: 5);
    }

    [Fact]
    public async Task Committed_entries_and_the_applied_index_are_one_write()
    {
        var kv = await StartAsync(expected: 5);

        await ApplyAsync(kv, Put(6, "b", "1"), Put(7, "c", "2"), NoOp(8));

        Assert.Equal(1, Engine.Writes);
        Assert.Equal("2", Value("c"));
    }

    [Fact]
    public async Task After_a_restart_nothing_is_applied_twice_or_left_out()
    {
        var first = await StartAsync(expected: 5);
        await ApplyAsync(first, Put(6, "b", "1"), Put(7, "b", "2"));
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        var second = await StartAsync(expected: 7);
        await ApplyAsync(second, Put(8, "b", "3"));

        Assert.Equal("3", Value("b"));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public async Task An_entry_that_does_not_follow_stops_the_state_machine(long index)
    {
        var kv = await StartAsync(expected: 5);
        await ApplyAsync(kv, Put(6, "b", "1"), Put(7, "b", "2"));
        Watch(kv);

        kv.Tell(new ApplyEntries([Put(index, "b", "wrong")]));

        await ExpectTerminatedAsync(kv, WaitTimeout);
        Assert.Equal("2", Value("b"));
    }

    [Fact]
    public async Task Whoever_asked_is_answered_when_the_write_is_in_the_engine()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        Await(kv, asker, 6, 6);

        await ApplyAsync(kv, Put(6, "b", "1"));

        await asker.ExpectMsgAsync<Written>(WaitTimeout);
    }

    [Fact]
    public async Task Whoever_was_displaced_by_another_leaders_entry_may_ask_again()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        Await(kv, asker, 6, 6);

        await ApplyAsync(kv, Put(6, "b", "1", term: 7));

        await asker.ExpectMsgAsync<RegionError.NotLeader>(WaitTimeout);
    }

    [Fact]
    public async Task Whoever_waits_while_nobody_leads_is_told_that_the_outcome_is_unknown()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        Await(kv, asker, 6, 6);

        kv.Tell(ForgetOutcomes.Instance);

        await asker.ExpectMsgAsync<RegionError.StaleCommand>(WaitTimeout);
        await ApplyAsync(kv, Put(6, "b", "1"));
        Assert.False(asker.HasMessages);
    }

    [Fact]
    public async Task A_key_outside_the_region_is_refused_at_apply_and_nothing_of_its_command_is_written()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        Await(kv, asker, 6, 6);
        var command = CommandCodec.Encode(new WriteCommand(1, [Modify("b", "1"), Modify("z", "1")]));

        await ApplyAsync(kv, new Entry(new LogPosition(6, 6), EntryKind.Command, command));

        await asker.ExpectMsgAsync<RegionError.KeyNotInRegion>(WaitTimeout);
        Assert.Null(Value("b"));
    }

    [Fact]
    public async Task A_command_that_was_checked_against_another_version_is_refused_at_apply()
    {
        var kv = await StartAsync(expected: 5);
        var asker = CreateTestProbe();
        Await(kv, asker, 6, 6);
        var command = CommandCodec.Encode(new WriteCommand(2, [Modify("b", "1")]));

        await ApplyAsync(kv, new Entry(new LogPosition(6, 6), EntryKind.Command, command));

        await asker.ExpectMsgAsync<RegionError.EpochNotMatch>(WaitTimeout);
        Assert.Null(Value("b"));
    }

    [Fact]
    public async Task A_read_waits_until_its_index_is_applied()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ServeReads(7, 6, [TestActor]));
        kv.Tell(new ServeReads(5, 6, [TestActor]));
        await ExpectMsgAsync<Readable>(WaitTimeout);
        kv.Tell(new ApplyEntries([Put(6, "b", "1")]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);

        kv.Tell(new ApplyEntries([Put(7, "b", "1")]), TestActor);

        await ExpectMsgAsync(new EntriesApplied(7), WaitTimeout);
        await ExpectMsgAsync<Readable>(WaitTimeout);
    }

    [Fact]
    public async Task A_long_catch_up_is_cut_into_writes_of_bounded_size()
    {
        var kv = await StartAsync(expected: 5);
        var value = new string('x', 3 * 1024 * 1024);

        await ApplyAsync(kv, Put(6, "b", value), Put(7, "c", value), Put(8, "d", value));

        Assert.Equal(3, Engine.Writes);
        Assert.Equal(value, Value("d"));
    }

    [Fact]
    public async Task Observers_see_a_batch_when_the_engine_has_it_and_before_anybody_is_answered()
    {
        var asker = CreateTestProbe();
        var seen = new List<string>();
        Observers = [new Observer((in AppliedBatch batch) =>
        {
            seen.AddRange(batch.Commands.ToArray().Select(each => $"{each.Position.Index} {Value("b")} {each.Result.Reply}"));
            seen.Add($"{batch.Entries} entries of {batch.Region.Id}, answered: {asker.HasMessages}");
        })];
        var kv = await StartAsync(expected: 5);
        Await(kv, asker, 6, 6);

        await ApplyAsync(kv, Put(6, "b", "1"), NoOp(7), Put(8, "z", "1"));

        Assert.Equal(3, seen.Count);
        Assert.Equal($"6 1 {Written.Instance}", seen[0]);
        Assert.StartsWith($"8 1 {nameof(RegionError.KeyNotInRegion)}", seen[1], StringComparison.Ordinal);
        Assert.Equal($"3 entries of {RegionId.First}, answered: False", seen[2]);
    }

    [Fact]
    public async Task A_command_of_another_state_machine_stops_this_one_where_it_stands()
    {
        var kv = await StartAsync(expected: 5);
        var foreign = new Entry(new LogPosition(7, 6), EntryKind.Command, CommandCodec.Encode(new AllocateIds(1)));

        kv.Tell(new ApplyEntries([Put(6, "b", "1"), foreign, Put(8, "b", "2")]), TestActor);

        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);
        Assert.Equal(new LogPosition(7, 6), (await Parent.ExpectMsgAsync<Unreadable>(WaitTimeout)).Position);
        Assert.Equal("1", Value("b"));
    }

    [Fact]
    public async Task The_state_of_placement_and_its_applied_index_survive_a_restart()
    {
        var first = await StartAsync(expected: 5, spec: Placement);
        await ApplyAsync(first, Command(6, new AllocateIds(3)), Command(7, new ReserveTimestamps(5000)));
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        var second = await StartAsync(expected: 7, spec: Placement);
        var asker = CreateTestProbe();
        Await(second, asker, 8, 6);
        await ApplyAsync(second, Command(8, new AllocateIds(1)));

        await asker.ExpectMsgAsync(new IdsAllocated(1003), WaitTimeout);
    }

    private static ApplySpec Placement => new()
    {
        Initial = new Region(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, []),
        InitialIndex = 5,
        Machine = (group, snapshot) => new PlacementStateMachine(group, snapshot),
    };

    private async Task ApplyAsync(IActorRef kv, params Entry[] entries)
    {
        kv.Tell(new ApplyEntries(ImmutableArray.Create(entries)), TestActor);
        await ExpectMsgAsync(new EntriesApplied(entries[^1].Index), WaitTimeout);
    }

    private static void Await(IActorRef kv, TestProbe asker, long index, long term) =>
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(index, term), asker.Ref)]));

    private static Entry Put(long index, string key, string value, long term = 6) =>
        Command(index, new WriteCommand(1, [Modify(key, value)]), term);

    private static Entry Command(long index, Command command, long term = 6) => new(
        new LogPosition(index, term), EntryKind.Command, CommandCodec.Encode(command));

    private static Entry NoOp(long index) => new(new LogPosition(index, 6), EntryKind.NoOp, default);

    private static Modify.Put Modify(string key, string value) => new(
        ColumnFamily.Default, Bytes(key), Bytes(value));

    private delegate void OnBatch(in AppliedBatch batch);

    private sealed class Observer(OnBatch seen) : IApplyObserver
    {
        public void OnApplied(in AppliedBatch batch) => seen(batch);
    }
}
