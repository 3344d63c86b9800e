using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Server;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>A router on store 1 between probes in the place of the gateways of stores 2 and 3.</summary>
[Trait("lane", "slow")]
public sealed class RawRouterTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");
    private static readonly PutRequest Put = new() { Key = K, Value = K };
    private static readonly GetRequest Get = new() { Key = K };

    private readonly RegionTable _table = new();
    private readonly FakeStorage _storage = new();
    private readonly ScanSlots _slots = new(1);
    private readonly TestProbe _second;
    private readonly TestProbe _third;

    public RawRouterTests() : base("akka.loglevel = OFF") => (_second, _third) = (CreateTestProbe(), CreateTestProbe());

    [Fact]
    public async Task A_request_is_forwarded_to_the_leader_with_a_context_for_its_replica()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        var forwarded = await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(new WriteResponse());

        Assert.Null((await reply).RegionError);
        var context = forwarded.Context;
        Assert.Equal((1ul, 1ul, 2ul), (context.RegionId, context.RegionEpoch.Version, context.Peer.StoreId));
        Assert.Equal(K, forwarded.Value);
        Assert.Null(Put.Context);
    }

    [Fact]
    public async Task The_leader_s_own_store_executes_by_itself()
    {
        Leads(1);
        Assert.Null((await Router(WaitTimeout).ExecuteAsync(Put, default)).RegionError);
        var read = (GetResponse)await Router(WaitTimeout).ExecuteAsync(Get, default);
        Assert.Equal(K, read.Value.Value);
        Assert.Equal(1ul, _storage.LastContext!.Peer!.Value.Store.Value);
    }

    [Fact]
    public async Task A_refused_write_follows_the_hint()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(Refusal(new RegionError.NotLeader(RegionId.First, PeerOn(3))));
        await _third.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _third.Sender.Tell(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task Without_a_leader_a_request_waits_for_one()
    {
        Leads(null);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        Leads(3);

        await _third.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _third.Sender.Tell(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_that_found_no_leader_in_time_was_not_done()
    {
        Leads(null);
        var reply = await Router(TimeSpan.FromMilliseconds(100)).ExecuteAsync(Put, default);
        Assert.NotNull(reply.RegionError!.NotLeader);
    }

    [Fact]
    public async Task A_forwarded_write_that_is_not_answered_has_an_unknown_outcome_and_is_not_repeated()
    {
        Leads(2);
        var reply = await Router(TimeSpan.FromMilliseconds(500)).ExecuteAsync(Put, default);

        Assert.NotNull(reply.RegionError!.StaleCommand);
        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        await _second.ExpectNoMsgAsync(TimeSpan.Zero);
        await _third.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_stale_write_is_not_repeated()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(Refusal(new RegionError.StaleCommand()));

        Assert.NotNull((await reply).RegionError!.StaleCommand);
        await _second.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_write_that_never_left_is_sent_to_the_next_leader()
    {
        var events = Sys.ActorOf(LinkEvents.Props(_ => { }));
        await events.Ask<ActorIdentity>(new Identify(null), WaitTimeout); // it listens by now
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        var unsent = await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        Leads(3);
        Sys.EventStream.Publish(new DeadLetter(unsent, _second.Sender, _second.Ref));

        await _third.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _third.Sender.Tell(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_whose_connection_broke_has_an_unknown_outcome_at_once()
    {
        Leads(2);
        var router = Router(Timeout.InfiniteTimeSpan);
        var reply = router.ExecuteAsync(Put, default);
        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);

        router.Broke(_second.Ref.Path.Address);

        Assert.NotNull((await reply.WaitAsync(WaitTimeout)).RegionError!.StaleCommand);
        await _third.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_read_whose_connection_broke_is_asked_again()
    {
        Leads(2);
        var router = Router(WaitTimeout);
        var reply = router.ExecuteAsync(Get, default);
        await _second.ExpectMsgAsync<GetRequest>(WaitTimeout);
        Leads(3);

        router.Broke(_second.Ref.Path.Address);

        await _third.ExpectMsgAsync<GetRequest>(WaitTimeout);
        _third.Sender.Tell(new GetResponse());
        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_that_is_answered_with_something_else_has_an_unknown_outcome()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(new GetResponse());

        Assert.NotNull((await reply).RegionError!.StaleCommand);
        await _second.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Two_stores_that_name_each_other_are_not_asked_in_a_busy_loop()
    {
        Leads(2);
        var asked = 0;
        _second.SetAutoPilot(Names(3));
        _third.SetAutoPilot(Names(2));

        var reply = await Router(TimeSpan.FromMilliseconds(500)).ExecuteAsync(Put, default);

        Assert.NotNull(reply.RegionError!.NotLeader);
        // The pauses between them double from 2 ms.
        Assert.InRange(asked, 2, 30);

        AutoPilot Names(ulong other) => new DelegateAutoPilot((asker, _) =>
        {
            Interlocked.Increment(ref asked);
            asker.Tell(Refusal(new RegionError.NotLeader(RegionId.First, PeerOn(other))));
            return AutoPilot.KeepRunning;
        });
    }

    [Fact]
    public async Task A_read_that_is_not_answered_is_asked_of_the_next_leader()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Get, default);
        await _second.ExpectMsgAsync<GetRequest>(WaitTimeout);
        Leads(3);

        await _third.ExpectMsgAsync<GetRequest>(WaitTimeout);
        _third.Sender.Tell(new GetResponse { Value = new MaybeValue { Found = true, Value = K } });

        Assert.Equal(K, ((GetResponse)await reply).Value.Value);
    }

    [Fact]
    public async Task The_refusal_of_a_busy_leader_is_passed_on_with_its_hint()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(Refusal(new RegionError.ServerIsBusy("full", 70)));

        Assert.Equal(70u, (await reply).RegionError!.ServerIsBusy.BackoffMs);
    }

    [Fact]
    public async Task A_key_that_is_not_in_the_leader_s_region_is_said_at_once()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.ExpectMsgAsync<PutRequest>(WaitTimeout);
        _second.Sender.Tell(Refusal(new RegionError.KeyNotInRegion(K.Memory, _storage.Region)));

        Assert.NotNull((await reply).RegionError!.KeyNotInRegion);
        await _second.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_caller_that_goes_ends_the_wait()
    {
        Leads(null);
        using var gone = new CancellationTokenSource();
        var reply = Router(WaitTimeout).ExecuteAsync(Get, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
    }

    private RawRouter Router(TimeSpan timeout) => new(
        new StoreId(1), _table, new RawExecutor(_storage, _slots),
        ImmutableDictionary<StoreId, StoreLink>.Empty
            .Add(new StoreId(2), LinkTo(_second)).Add(new StoreId(3), LinkTo(_third)),
        timeout, TimeProvider.System, Random.Shared.NextDouble);

    private StoreLink LinkTo(TestProbe gateway) => new(gateway.Ref, ((ExtendedActorSystem)Sys).Provider);

    private void Leads(ulong? store)
    {
        var leader = store is { } known ? PeerOn(known) : default(Peer?);
        var change = new LeadershipChange(RoleKind.Follower, 1, leader?.Id ?? default);
        _table.Post(new ReplicaView(_storage.Region, new PeerView(change, leader, CaughtUp: true)));
    }

    private Peer PeerOn(ulong store) => _storage.Region.PeerOn(new StoreId(store))!.Value;

    private static WriteResponse Refusal(RegionError refusal) => new() { RegionError = RegionErrors.ToWire(refusal) };
}
