using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Placement;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Wire.Internal;
using AllocateIds = TinyKv.Core.Commands.AllocateIds;
using Command = TinyKv.Core.Commands.Command;
using ReserveTimestamps = TinyKv.Core.Commands.ReserveTimestamps;

namespace TinyKv.Tests.Actors.Placement;

public sealed class PlacementServiceTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NoonMs = Noon.ToUnixTimeMilliseconds();

    private readonly TestProbe _group;
    private readonly IActorRef _service;

    public PlacementServiceTests() : base("akka.loglevel = WARNING")
    {
        _group = CreateTestProbe();
        _service = Service(TimeSpan.FromHours(1));
    }

    private IActorRef Service(TimeSpan timeout, DateTimeOffset? now = null) =>
        Sys.ActorOf(PlacementService.Props(_group.Ref, () => now ?? Noon, timeout));

    [Fact]
    public async Task Ids_that_are_asked_for_during_a_turn_come_from_one_command()
    {
        for (var i = 0; i < 4; i++) _service.Tell(new PlacementAllocateId());
        Assert.Equal(1U, (await CommandAsync<AllocateIds>()).Count);
        // The service has the other three when it has refused this.
        _service.Tell(new PlacementAllocateTimestamps { Count = 0 });
        Assert.NotEqual("", (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Error);
        _group.Reply(new IdsAllocated(1000));

        Assert.Equal(3U, (await CommandAsync<AllocateIds>()).Count);
        _group.Reply(new IdsAllocated(1001));

        foreach (var id in new ulong[] { 1000, 1001, 1002, 1003 })
            Assert.Equal(id, (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Id);
    }

    [Fact]
    public async Task Timestamps_wait_for_a_confirmation_and_a_window()
    {
        _service.Tell(new PlacementAllocateTimestamps { Count = 5 });
        await ConfirmAsync(term: 6, end: 0);
        var until = (await CommandAsync<ReserveTimestamps>()).UntilMs;
        Assert.Equal(NoonMs + 3000, until);
        _group.Reply(new TimestampsReserved(6, until));

        var reply = await ExpectMsgAsync<PlacementReply>(WaitTimeout);

        Assert.Equal((NoonMs, 5), (reply.Physical, reply.Logical));
    }

    [Fact]
    public async Task Every_batch_is_confirmed_again()
    {
        await FirstAsync();
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });

        await ConfirmAsync(term: 6, end: NoonMs + 3000);

        Assert.Equal(2, (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Logical);
    }

    [Fact]
    public async Task A_later_term_starts_above_every_window_before_it()
    {
        await FirstAsync();
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await ConfirmAsync(term: 8, end: NoonMs + 9000);
        var until = (await CommandAsync<ReserveTimestamps>()).UntilMs;
        _group.Reply(new TimestampsReserved(8, until));

        Assert.Equal(NoonMs + 9000, (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Physical);
    }

    [Fact]
    public async Task A_window_of_another_term_is_not_used()
    {
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await ConfirmAsync(term: 6, end: 0);
        await CommandAsync<ReserveTimestamps>();
        _group.Reply(new TimestampsReserved(7, NoonMs + 3000));

        Assert.NotEqual("", (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Error);
    }

    [Fact]
    public async Task When_everything_up_to_the_end_of_time_is_reserved_that_is_the_answer()
    {
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await ConfirmAsync(term: 6, end: TimestampOracle.EndOfTimeMs - 1);
        // More could not be read from the log by anybody.
        Assert.Equal(TimestampOracle.EndOfTimeMs, (await CommandAsync<ReserveTimestamps>()).UntilMs);
        _group.Reply(new TimestampsReserved(6, TimestampOracle.EndOfTimeMs));
        Assert.Equal(TimestampOracle.EndOfTimeMs - 1, (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Physical);

        _service.Tell(new PlacementAllocateTimestamps { Count = (uint)TimestampOracle.LogicalEnd - 1 });
        await ConfirmAsync(term: 6, end: TimestampOracle.EndOfTimeMs);

        Assert.Contains("all timestamps", (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Error, StringComparison.Ordinal);
        Assert.False(_group.HasMessages);
    }

    [Fact]
    public async Task A_clock_beyond_the_last_timestamp_uses_none_up()
    {
        var service = Service(TimeSpan.FromHours(1), DateTimeOffset.FromUnixTimeMilliseconds(TimestampOracle.EndOfTimeMs));

        service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await ConfirmAsync(term: 6, end: NoonMs);

        Assert.Contains("the clock", (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Error, StringComparison.Ordinal);
        Assert.False(_group.HasMessages);
    }

    [Fact]
    public async Task A_desk_that_does_not_lead_names_who_does()
    {
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        _group.Reply(new RegionError.NotLeader(RegionId.Placement, new Peer(new PeerId(3), new StoreId(3))));

        var reply = await ExpectMsgAsync<PlacementReply>(WaitTimeout);

        Assert.Equal(3UL, reply.LeaderStore);
        Assert.NotEqual("", reply.Error);
    }

    [Fact]
    public async Task An_answer_that_comes_after_its_time_is_not_taken_for_the_next()
    {
        var service = Service(TimeSpan.FromMilliseconds(50));
        service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        var late = _group.LastSender;
        Assert.NotEqual("", (await ExpectMsgAsync<PlacementReply>(WaitTimeout)).Error);

        // Were it taken, the service would ask for a window in term 6.
        late.Tell(new PlacementView(6, 0, StoreDirectory.Empty));
        service.Tell(new PlacementAllocateId());

        Assert.Equal(1U, (await CommandAsync<AllocateIds>()).Count);
        Assert.False(_group.HasMessages);
    }

    private async Task FirstAsync()
    {
        _service.Tell(new PlacementAllocateTimestamps { Count = 1 });
        await ConfirmAsync(term: 6, end: 0);
        await CommandAsync<ReserveTimestamps>();
        _group.Reply(new TimestampsReserved(6, NoonMs + 3000));
        await ExpectMsgAsync<PlacementReply>(WaitTimeout);
    }

    private async Task ConfirmAsync(long term, long end)
    {
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        _group.Reply(new PlacementView(term, end, StoreDirectory.Empty));
    }

    private async Task<T> CommandAsync<T>() where T : Command =>
        Assert.IsType<T>(CommandCodec.Decode((await _group.ExpectMsgAsync<Propose>(WaitTimeout)).Command));
}
