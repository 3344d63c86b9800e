using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Tests.Telemetry;

namespace TinyKv.Tests.Actors.Raft;

public sealed class RaftPeerDataLossTests : RaftPeerKit
{
    private static readonly LogPosition Acknowledged = new(9, 6);

    [Fact]
    public async Task A_peer_that_is_told_of_a_loss_is_not_ready_until_what_it_lost_is_found()
    {
        var peer = await StartCaughtUpAsync();

        FromOther(peer, 6, new RaftMessage.Heartbeat(6, Round: 1, Acknowledged));

        await Parent.FishForMessageAsync<PeerView>(view => view is { Leader: not null, CaughtUp: false }, WaitTimeout);
        var loss = Assert.Single((await StatusAfterAsync(peer)).DataLosses);
        Assert.Equal(new DataLoss(PeerOn(1), 6, Acknowledged, new LogPosition(6, 6)), loss);
        // Another leader that has everything catches it up.
        FromOther(peer, 7, new RaftMessage.Append(new LogPosition(6, 6), Entries(7, 7, "y"), 7), from: 3);
        peer.Tell(new EntriesApplied((await ApplyAsync(7)).Entries[^1].Index));
        await Parent.FishForMessageAsync<PeerView>(view => view is { Leader: not null, CaughtUp: true }, WaitTimeout);
    }

    [Fact]
    public async Task A_peer_that_is_told_of_a_loss_for_an_election_timeout_ends_the_store_and_says_what_to_do()
    {
        var peer = await StartCaughtUpAsync();

        for (var tick = 0; tick < new RaftOptions().ElectionTicks; tick++)
        {
            FromOther(peer, 6, new RaftMessage.Heartbeat(6, Round: 1 + tick, Acknowledged));
            Tick(peer, 1);
        }
        await StatusAfterAsync(peer);
        await Parent.FishForMessageAsync<PeerView>(view => view is { Leader: not null, CaughtUp: false }, WaitTimeout);
        Assert.False(Parent.HasMessages); // it may still be a mistake
        FromOther(peer, 6, new RaftMessage.Heartbeat(6, Round: 100, Acknowledged));

        var reason = (await Parent.ExpectMsgAsync<DataLost>(WaitTimeout)).Reason;
        Assert.Contains("acknowledged the log of region 1 up to 9, and has it only up to 6", reason, StringComparison.Ordinal);
        Assert.Contains("\"A store that has lost data\" in docs/operations.md", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_losses_that_a_peer_knows_of_are_measured()
    {
        var measured = new ConcurrentQueue<long>();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => measured.Enqueue(value));
        listener.EnableMeasurementEvents(Instruments.All.Single(instrument => instrument.Name == "tinykv.raft.data_losses"));
        var peer = await StartCaughtUpAsync();

        FromOther(peer, 6, new RaftMessage.Heartbeat(6, Round: 1, Acknowledged));
        Tick(peer, 1);

        await StatusAfterAsync(peer);
        Assert.Contains(1, measured);
    }

    /// <summary>A follower of store 2 in term 6 that has acknowledged and applied entry 6.</summary>
    private async Task<IActorRef> StartCaughtUpAsync()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        FromOther(peer, 6, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 6, "x"), 6));
        peer.Tell(new EntriesApplied((await ApplyAsync(6)).Entries[^1].Index));
        await Parent.FishForMessageAsync<PeerView>(view => view.CaughtUp, WaitTimeout);
        return peer;
    }

    private async Task<ApplyEntries> ApplyAsync(long last) =>
        await World.FishForMessageAsync<ApplyEntries>(apply => apply.Entries[^1].Index == last, WaitTimeout);
}
