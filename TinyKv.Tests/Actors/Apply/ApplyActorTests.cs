using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Requests;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;
using TinyKv.Tests.Actors.Messages;

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
    public async Task Those_who_asked_together_are_told_together_what_became_of_their_writes()
    {
        var kv = await StartAsync(expected: 5);
        var group = new Together(Sys);
        var (a, b, displaced) = (group.Member(), group.Member(), group.Member());
        kv.Tell(new TrackProposals([
            new PendingProposal(new LogPosition(6, 6), a), new PendingProposal(new LogPosition(7, 6), b),
            new PendingProposal(new LogPosition(8, 6), displaced)]));

        await ApplyAsync(kv, Put(6, "b", "1"), Put(7, "c", "2"), Put(8, "d", "3", term: 7));

        var told = Assert.Single(group.Deliveries());
        Assert.Equal([a, b, displaced], told.Select(each => each.Asker));
        Assert.Equal([Written.Instance, Written.Instance, new RegionError.NotLeader(RegionId.First, null)],
            told.Select(each => each.Answer));
    }

    [Fact]
    public async Task Writes_that_share_an_entry_are_applied_or_refused_each_by_itself()
    {
        var kv = await StartAsync(expected: 5);
        var group = new Together(Sys);
        var askers = Enumerable.Range(0, 4).Select(_ => group.Member()).ToList();
        kv.Tell(new TrackProposals([
            .. askers.Take(3).Select(asker => new PendingProposal(new LogPosition(6, 6), asker)),
            new PendingProposal(new LogPosition(7, 6), askers[3])]));

        await ApplyAsync(kv, Command(6, new WriteGroup(
        [
            new WriteCommand(1, [Modify("b", "1")]),
            new WriteCommand(9, [Modify("c", "of another epoch")]),
            new WriteCommand(1, [Modify("b", "2"), Modify("d", "3")]),
        ])), Put(7, "e", "4"));

        var told = Assert.Single(group.Deliveries());
        Assert.Equal(askers, told.Select(each => each.Asker));
        Assert.Equal([typeof(Written), typeof(RegionError.EpochNotMatch), typeof(Written), typeof(Written)],
            told.Select(each => each.Answer.GetType()));
        Assert.Equal(["2", null, "3", "4"], new[] { "b", "c", "d", "e" }.Select(key => Value(key)));
    }

    [Fact]
    public async Task Those_whose_writes_shared_an_entry_are_displaced_together()
    {
        var kv = await StartAsync(expected: 5);
        var group = new Together(Sys);
        var askers = new[] { group.Member(), group.Member() };
        kv.Tell(new TrackProposals([.. askers.Select(asker => new PendingProposal(new LogPosition(6, 6), asker))]));

        await ApplyAsync(kv, Put(6, "b", "of another leader", term: 7));

        var told = Assert.Single(group.Deliveries());
        Assert.Equal(askers, told.Select(each => each.Asker));
        Assert.All(told, each => Assert.IsType<RegionError.NotLeader>(each.Answer));
    }

    [Fact]
    public async Task Nobody_is_told_of_a_write_that_the_engine_has_not_taken()
    {
        var kv = await StartAsync(expected: 5);
        var group = new Together(Sys);
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(6, 6), group.Member())]));
        Engine.Fails = true;
        Watch(kv);

        kv.Tell(new ApplyEntries([Put(6, "b", "1")]));

        await ExpectTerminatedAsync(kv, WaitTimeout);
        Assert.Empty(group.Deliveries());
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
        await ExpectMsgAsync<ReadView>(WaitTimeout);
        kv.Tell(new ApplyEntries([Put(6, "b", "1")]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);

        kv.Tell(new ApplyEntries([Put(7, "b", "1")]), TestActor);

        await ExpectMsgAsync(new EntriesApplied(7), WaitTimeout);
        await ExpectMsgAsync<ReadView>(WaitTimeout);
    }

    [Fact]
    public async Task Reads_that_were_confirmed_together_share_a_view()
    {
        var kv = await StartAsync(expected: 5);

        kv.Tell(new ServeReads(5, 6, [TestActor, TestActor]));

        var view = await ExpectMsgAsync<ReadView>(WaitTimeout);
        Assert.Same(view, await ExpectMsgAsync<ReadView>(WaitTimeout));
    }

    [Fact]
    public async Task Reads_that_become_due_together_share_a_view()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ServeReads(6, 6, [TestActor]));
        kv.Tell(new ServeReads(7, 6, [TestActor]));

        await ApplyAsync(kv, Put(6, "b", "1"), Put(7, "b", "2"));

        var view = await ExpectMsgAsync<ReadView>(WaitTimeout);
        Assert.Same(view, await ExpectMsgAsync<ReadView>(WaitTimeout));
        Assert.Equal("2"u8.ToArray(), view.Snapshot.Get(ColumnFamily.Default, "b"u8));
    }

    [Fact]
    public async Task A_view_is_freed_when_its_last_reader_is_done()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ServeReads(5, 6, [TestActor, TestActor]));
        var view = await ExpectMsgAsync<ReadView>(WaitTimeout);
        await ExpectMsgAsync<ReadView>(WaitTimeout);
        await ApplyAsync(kv, Put(6, "b", "1")); // the actor itself is done with it

        view.Release();
        Assert.Equal(1, Engine.OpenSnapshots);
        view.Release();

        Assert.Equal(0, Engine.OpenSnapshots);
    }

    [Fact]
    public async Task A_reader_that_has_gone_leaves_no_view_behind()
    {
        var kv = await StartAsync(expected: 5);
        var gone = new ReplyRef(((ExtendedActorSystem)Sys).Provider);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.AnswerAsync(new CancellationToken(true)));

        kv.Tell(new ServeReads(5, 6, [gone]));

        await ApplyAsync(kv, Put(6, "b", "1"));
        Assert.Equal(0, Engine.OpenSnapshots);
    }

    [Fact]
    public async Task A_view_shows_nothing_that_is_applied_later()
    {
        var kv = await StartAsync(expected: 5);
        await ApplyAsync(kv, Put(6, "b", "1"));
        kv.Tell(new ServeReads(6, 6, [TestActor]));
        var view = await ExpectMsgAsync<ReadView>(WaitTimeout);

        await ApplyAsync(kv, Put(7, "b", "2"));

        Assert.Equal("1"u8.ToArray(), view.Snapshot.Get(ColumnFamily.Default, "b"u8));
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

    private ApplySpec Placement => new()
    {
        Store = new StoreId(1),
        Record = RecordIn(Engine, new Region(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, [])),
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
