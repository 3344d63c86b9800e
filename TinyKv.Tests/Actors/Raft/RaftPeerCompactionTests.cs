using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>The order in which a peer compacts its log, and what a restart finds at each step.</summary>
public sealed class RaftPeerCompactionTests : RaftPeerKit
{
    private static readonly RaftOptions Options = new() { MaxLogEntries = 2 };

    [Fact]
    public async Task The_engine_is_synced_then_a_checkpoint_stored_then_the_events_before_it_deleted()
    {
        var peer = await StartLeaderAsync(options: Options);
        await WriteAsync(peer, 3);
        Tick(peer, 1);
        Assert.Equal(9, (await World.ExpectMsgAsync<SyncEngine>(WaitTimeout)).Applied);
        Assert.DoesNotContain(Gate.Stored, stored => stored is RaftCheckpoint);

        peer.Tell(new EngineSynced(9));

        await AwaitAssertAsync(() => Assert.IsType<RaftCheckpoint>(Assert.Single(Gate.Stored)), WaitTimeout);
        var status = await StatusAsync(peer);
        Assert.Equal((10, 9, 0), (status.FirstIndex, status.LastIndex, status.LogBytes));
    }

    [Fact]
    public async Task A_checkpoint_that_is_not_durable_yet_takes_the_place_of_nothing()
    {
        var peer = await StartLeaderAsync(options: Options);
        await WriteAsync(peer, 3);
        var before = Gate.Stored.Length;
        Gate.Mode = GateMode.Held;
        await CompactAsync(peer);
        while ((await Gate.ArrivedAsync())[0] is not RaftCheckpoint) { }

        Assert.Equal(6, (await StatusAsync(peer)).FirstIndex);
        Assert.Equal(before, Gate.Stored.Length);
    }

    [Fact]
    public async Task A_restart_continues_from_the_checkpoint()
    {
        var peer = await StartLeaderAsync(options: Options);
        await WriteAsync(peer, 3);
        await CompactAsync(peer);
        await AwaitAssertAsync(() => Assert.Single(Gate.Stored), WaitTimeout);
        var term = (await StatusAsync(peer)).Term;
        await WriteAsync(peer, 1);

        var again = await RestartAsync(peer, applied: 10);

        Assert.Equal((10, term + 1), (again.FirstIndex, again.Term)); // its only member elected itself again
        Assert.Equal(11, again.LastIndex);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_deletion_that_a_crash_cut_short_is_made_up_for_by_the_next(int deleted)
    {
        var peer = await StartLeaderAsync(options: Options);
        await WriteAsync(peer, 3);
        Gate.CannotDelete = true;
        await CompactAsync(peer);
        await AwaitAssertAsync(() => Assert.IsType<RaftCheckpoint>(Gate.Stored[^1]), WaitTimeout);
        Gate.CannotDelete = false;
        await Gate.DeleteAsync("peer", deleted);

        Assert.Equal(10, (await RestartAsync(peer, applied: 9)).FirstIndex);
        var again = Parent.LastSender;
        await WriteAsync(again, 3);
        await CompactAsync(again);

        await AwaitAssertAsync(() => Assert.IsType<RaftCheckpoint>(Assert.Single(Gate.Stored)), WaitTimeout);
    }

    [Fact]
    public async Task A_deletion_that_fails_harms_nobody()
    {
        var peer = await StartLeaderAsync(options: Options);
        Gate.CannotDelete = true;
        await WriteAsync(peer, 3);
        await CompactAsync(peer);
        await AwaitAssertAsync(() => Assert.IsType<RaftCheckpoint>(Gate.Stored[^1]), WaitTimeout);

        await WriteAsync(peer, 1);

        Assert.Equal((10, 10), ((await StatusAsync(peer)).FirstIndex, (await StatusAsync(peer)).LastIndex));
    }

    [Fact]
    public async Task A_checkpoint_that_is_refused_restarts_the_peer_with_everything()
    {
        var peer = await StartLeaderAsync(options: Options);
        await WriteAsync(peer, 3);
        Gate.Mode = GateMode.Rejecting;
        Watch(peer);
        await CompactAsync(peer);
        await ExpectTerminatedAsync(peer, WaitTimeout);
        Gate.Mode = GateMode.Open;

        Assert.Equal(6, (await RestartAsync(peer, applied: 9)).FirstIndex);
    }

    private async Task WriteAsync(IActorRef peer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Ask(peer, Write());
            var entries = await World.FishForMessageAsync<ApplyEntries>(_ => true, WaitTimeout);
            peer.Tell(new EntriesApplied(entries.Entries[^1].Index));
        }
    }

    private async Task CompactAsync(IActorRef peer)
    {
        Tick(peer, 1);
        var asked = await World.FishForMessageAsync<SyncEngine>(_ => true, WaitTimeout);
        peer.Tell(new EngineSynced(asked.Applied));
    }

    private async Task<RaftStatus> RestartAsync(IActorRef peer, long applied)
    {
        Watch(peer);
        Sys.Stop(peer);
        await ExpectTerminatedAsync(peer, WaitTimeout);
        var again = await StartAsync(SpecOf(RegionOf(1), applied: applied) with { Options = Options, JournalBorn = true });
        var entries = await World.FishForMessageAsync<ApplyEntries>(_ => true, WaitTimeout);
        again.Tell(new EntriesApplied(entries.Entries[^1].Index));
        return await StatusAfterAsync(again);
    }
}
