using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Snapshots;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>How a replica that lacks what is compacted is brought up to date, and in which order.</summary>
public sealed class RaftPeerSnapshotTests : RaftPeerKit
{
    private static readonly Region Three = RegionOf(1, 2, 3);
    private static readonly LogPosition End = new(100, 7);

    [Fact]
    public async Task A_snapshot_is_fetched_from_the_store_of_who_offers_it()
    {
        var peer = await StartAsync(SpecOf(Three));

        await OfferAsync(peer);

        Assert.Equal(
            new FetchSnapshot(RegionId.First, new StoreId(2), End), await Parent.FishForMessageAsync<FetchSnapshot>(_ => true));
    }

    [Fact]
    public async Task The_engine_has_it_then_the_journal_then_the_state_machine_and_the_leader_are_told()
    {
        var peer = await StartAsync(SpecOf(Three));
        await OfferAsync(peer);
        peer.Tell(new SnapshotStaged(Staged(End)));
        await World.FishForMessageAsync<InstallSnapshot>(_ => true, WaitTimeout);
        Assert.DoesNotContain(Gate.Stored, stored => stored is RaftCheckpoint);

        peer.Tell(Installed(End));

        await World.FishForMessageAsync<OutboundRaftMessage>(
            said => said.Envelope.Message is RaftMessage.Appended { Match: 100 }, WaitTimeout);
        Assert.Equal(RegionId.First, (await World.FishForMessageAsync<SnapshotJournaled>(_ => true, WaitTimeout)).Region);
        await AwaitAssertAsync(() => Assert.IsType<RaftCheckpoint>(Assert.Single(Gate.Stored)), WaitTimeout);
        var status = await StatusAfterAsync(peer);
        Assert.Equal((101, 100, 100), (status.FirstIndex, status.LastIndex, status.Commit));
    }

    [Fact]
    public async Task While_the_state_machine_installs_it_nothing_is_heard_and_no_time_passes()
    {
        var peer = await StartAsync(SpecOf(Three));
        await OfferAsync(peer);
        peer.Tell(new SnapshotStaged(Staged(End)));
        await World.FishForMessageAsync<InstallSnapshot>(_ => true, WaitTimeout);

        FromOther(peer, 8, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 6, "x"), 6));
        Tick(peer, 50);

        var status = await StatusAfterAsync(peer);
        Assert.Equal((7, 5, RoleKind.Follower), (status.Term, status.LastIndex, status.Role));
        peer.Tell(Installed(End));
        Assert.Equal(100, (await StatusAfterAsync(peer)).LastIndex);
    }

    [Fact]
    public async Task What_the_log_has_by_then_is_not_installed()
    {
        var peer = await StartAsync(SpecOf(Three));
        FromOther(peer, 7, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 7, "x", "y"), 7));
        await World.FishForMessageAsync<ApplyEntries>(_ => true, WaitTimeout);

        peer.Tell(new SnapshotStaged(Staged(new LogPosition(6, 7))));

        Assert.Equal(new DropSnapshot(RegionId.First, new LogPosition(6, 7)),
            await Parent.FishForMessageAsync<DropSnapshot>(_ => true, WaitTimeout));
    }

    // Whoever keeps it deletes it for the later one.
    [Fact]
    public async Task A_snapshot_is_not_installed_once_a_later_one_was_asked_for()
    {
        var peer = await StartAsync(SpecOf(Three));
        await OfferAsync(peer);
        FromOther(peer, 7, new RaftMessage.SnapshotOffer(End with { Index = 200 }));

        peer.Tell(new SnapshotStaged(Staged(End)));
        peer.Tell(new SnapshotStaged(Staged(End with { Index = 200 })));

        var install = await World.FishForMessageAsync<InstallSnapshot>(_ => true, WaitTimeout);
        Assert.Equal(200, install.Snapshot.Header.Applied.Index);
    }

    [Fact]
    public async Task A_crash_before_the_checkpoint_is_made_up_for_before_anything_is_promised()
    {
        var peer = await StartAsync(SpecOf(Three));
        await OfferAsync(peer);
        Watch(peer);
        Sys.Stop(peer);
        await ExpectTerminatedAsync(peer, WaitTimeout);

        var again = await StartAsync(SpecOf(Three, applied: 100) with { JournalBorn = true, Snapshot = End });

        Assert.Equal(End, Assert.IsType<RaftCheckpoint>(Gate.Stored[^1]).Initial.Truncated);
        var status = await StatusAfterAsync(again);
        Assert.Equal((101, 100, 7), (status.FirstIndex, status.LastIndex, status.Term));
    }

    // The term in which it is installed is durable before the state machine hears of it.
    private async Task OfferAsync(IActorRef peer)
    {
        FromOther(peer, 7, new RaftMessage.SnapshotOffer(End));
        await AwaitAssertAsync(() => Assert.Contains(Gate.Stored, stored => stored is RaftRecord { Term: 7 }), WaitTimeout);
    }

    private static SnapshotInstalled Installed(LogPosition at) => new(new RegionRecord(Three) { JournalBorn = true }, at);

    private static StagedSnapshot Staged(LogPosition at) =>
        new MemoryStaging().Commit(new SnapshotHeader(Three, at), []);
}
