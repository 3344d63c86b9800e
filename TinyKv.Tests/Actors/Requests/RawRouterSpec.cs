using Akka.Actor;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Server;
using Outbox = TinyKv.Protocol.Links.Outbox;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>A router on store 1 whose requests go to the others by themselves.</summary>
public sealed class SingleRoutingTests() : RawRouterSpec(takesMany: false);

/// <summary>A router on store 1 whose requests go to the others many in a message.</summary>
public sealed class RoutingTogetherTests() : RawRouterSpec(takesMany: true)
{
    [Fact]
    public async Task What_is_asked_of_one_leader_at_the_same_time_goes_in_few_messages_and_each_gets_its_own_reply()
    {
        const int Count = 100;
        Leads(2);
        var router = Router(WaitTimeout);
        List<Task<IRawReply>> replies;
        using (Second.HoldMessages())
            replies = [.. Enumerable.Range(0, Count).Select(_ => router.ExecuteAsync(Get, default))];

        var (messages, answered) = (0, 0);
        for (; answered < Count; messages++)
        {
            var asked = await Second.NextMessageAsync();
            foreach (var request in asked.Requests.Reverse())
                asked.Reply(request.Number, new GetResponse { Error = $"{++answered}" });
        }

        var told = (await Task.WhenAll(replies)).Select(reply => reply.Error).ToList();
        Assert.Equal(Count, told.Distinct().Count());
        Assert.Equal(1, messages);
    }

    [Fact]
    public async Task A_write_that_still_waits_for_its_turn_when_the_time_is_over_was_not_done()
    {
        Leads(2);
        for (var i = 0; i < Outbox.MaxInFlight; i++) Second.Link.Call(Get);

        var reply = await Router(TimeSpan.FromMilliseconds(500)).ExecuteAsync(Put, default);

        Assert.NotNull(reply.RegionError!.NotLeader);
    }
}

/// <summary>A router on store 1 between probes in the place of the gateways of stores 2 and 3.</summary>
[Trait("lane", "slow")]
public abstract class RawRouterSpec : TestKit
{
    private protected static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");
    private protected static readonly PutRequest Put = new() { Key = K, Value = K };
    private protected static readonly GetRequest Get = new() { Key = K };

    private readonly RegionTable _table = new();
    private readonly FakeStorage _storage = new();
    private readonly ScanSlots _slots = new(1);
    private readonly FakeGateway _second;
    private readonly FakeGateway _third;

    private protected RawRouterSpec(bool takesMany) : base("akka.loglevel = OFF") =>
        (_second, _third) = (new FakeGateway(this, takesMany), new FakeGateway(this, takesMany));

    private protected FakeGateway Second => _second;

    [Fact]
    public async Task A_request_is_forwarded_to_the_leader_with_a_context_for_its_replica()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        var forwarded = await _second.NextAsync<PutRequest>();
        _second.Reply(new WriteResponse());

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

        await _second.NextAsync<PutRequest>();
        _second.Reply(Refusal(new RegionError.NotLeader(RegionId.First, PeerOn(3))));
        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task At_a_store_that_knows_no_region_yet_a_request_waits_until_it_hears_of_one()
    {
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        var elsewhere = _storage.Region with { Peers = [PeerOn(2), PeerOn(3)] };
        _table.Learn(new LocatedRegion(elsewhere, PeerOn(3)));

        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task Without_a_leader_a_request_waits_for_one()
    {
        Leads(null);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        Leads(3);

        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

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
        await _second.NextAsync<PutRequest>();
        await _second.ExpectNothingAsync();
        await _third.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_stale_write_is_not_repeated()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.NextAsync<PutRequest>();
        _second.Reply(Refusal(new RegionError.StaleCommand()));

        Assert.NotNull((await reply).RegionError!.StaleCommand);
        await _second.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_write_that_never_left_is_sent_to_the_next_leader()
    {
        var events = Sys.ActorOf(LinkEvents.Props(_ => { }));
        await events.Ask<ActorIdentity>(new Identify(null), WaitTimeout); // it listens by now
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        await _second.NextAsync<PutRequest>();
        Leads(3);
        Sys.EventStream.Publish(_second.NeverLeft());

        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_whose_connection_broke_has_an_unknown_outcome_at_once()
    {
        Leads(2);
        var router = Router(Timeout.InfiniteTimeSpan);
        var reply = router.ExecuteAsync(Put, default);
        await _second.NextAsync<PutRequest>();

        router.Broke(_second.Address);

        Assert.NotNull((await reply.WaitAsync(WaitTimeout)).RegionError!.StaleCommand);
        await _third.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_read_whose_connection_broke_is_asked_again()
    {
        Leads(2);
        var router = Router(WaitTimeout);
        var reply = router.ExecuteAsync(Get, default);
        await _second.NextAsync<GetRequest>();
        Leads(3);
        // It is in the same system: what it was asked by then is asked again, too.
        _third.ReplyToAll(() => new GetResponse());

        router.Broke(_second.Address);

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_that_is_answered_with_something_else_has_an_unknown_outcome()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        await _second.NextAsync<PutRequest>();
        _second.Reply(new GetResponse());

        Assert.NotNull((await reply).RegionError!.StaleCommand);
        await _second.ExpectNothingAsync();
    }

    [Fact]
    public async Task Two_stores_that_name_each_other_are_not_asked_in_a_busy_loop()
    {
        Leads(2);
        var asked = 0;
        _second.ReplyToAll(() => Naming(3));
        _third.ReplyToAll(() => Naming(2));

        var reply = await Router(TimeSpan.FromMilliseconds(500)).ExecuteAsync(Put, default);

        Assert.NotNull(reply.RegionError!.NotLeader);
        // The pauses between them double from 2 ms.
        Assert.InRange(asked, 2, 30);

        WriteResponse Naming(ulong other)
        {
            Interlocked.Increment(ref asked);
            return Refusal(new RegionError.NotLeader(RegionId.First, PeerOn(other)));
        }
    }

    [Fact]
    public async Task A_read_that_is_not_answered_is_asked_of_the_next_leader()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Get, default);
        await _second.NextAsync<GetRequest>();
        Leads(3);

        await _third.NextAsync<GetRequest>();
        _third.Reply(new GetResponse { Value = new MaybeValue { Found = true, Value = K } });

        Assert.Equal(K, ((GetResponse)await reply).Value.Value);
    }

    [Fact]
    public async Task The_refusal_of_a_busy_leader_is_passed_on_with_its_hint()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.NextAsync<PutRequest>();
        _second.Reply(Refusal(new RegionError.ServerIsBusy("full", 70)));

        Assert.Equal(70u, (await reply).RegionError!.ServerIsBusy.BackoffMs);
    }

    [Fact]
    public async Task A_key_that_is_not_in_the_leader_s_region_is_looked_for_again()
    {
        Leads(2);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _second.NextAsync<PutRequest>();
        Leads(3);
        _second.Reply(Refusal(new RegionError.KeyNotInRegion(K.Memory, _storage.Region)));
        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task At_a_store_without_a_replica_a_region_that_was_split_is_what_its_leader_says()
    {
        var elsewhere = _storage.Region with { Peers = [PeerOn(3)] };
        _table.Learn(new LocatedRegion(elsewhere, PeerOn(3)));
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);

        await _third.NextAsync<PutRequest>();
        _third.Reply(Refusal(new RegionError.EpochNotMatch([elsewhere with { Epoch = new RegionEpoch(1, 2) }])));
        Assert.Equal(2ul, (await _third.NextAsync<PutRequest>()).Context.RegionEpoch.Version);
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_key_of_no_region_that_is_known_waits_until_one_is_and_is_refused_in_time()
    {
        var below = _storage.Region with { Range = new KeyRange(default, K.Memory), Peers = [PeerOn(2), PeerOn(3)] };
        _table.Learn(new LocatedRegion(below, PeerOn(3)));
        var late = await Router(TimeSpan.FromMilliseconds(100)).ExecuteAsync(Put, default);
        var reply = Router(WaitTimeout).ExecuteAsync(Put, default);
        _table.Learn(new LocatedRegion(
            below with { Id = new RegionId(2), Range = new KeyRange(K.Memory, default) }, PeerOn(3)));

        await _third.NextAsync<PutRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
        Assert.NotNull(late.RegionError!.RegionNotFound);
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

    private protected RawRouter Router(TimeSpan timeout) => new(
        new StoreId(1), _table, new RawExecutor(_storage, _slots),
        new GatewayLinks(store => store.Value switch { 2 => _second.Link, 3 => _third.Link, _ => null }),
        timeout, TimeProvider.System, Random.Shared.NextDouble);

    private protected void Leads(ulong? store)
    {
        var leader = store is { } known ? PeerOn(known) : default(Peer?);
        var change = new LeadershipChange(RoleKind.Follower, 1, leader?.Id ?? default);
        _table.Post(new ReplicaView(_storage.Region, new PeerView(change, leader, CaughtUp: true)));
    }

    private Peer PeerOn(ulong store) => _storage.Region.PeerOn(new StoreId(store))!.Value;

    private static WriteResponse Refusal(RegionError refusal) => new() { RegionError = RegionErrors.ToWire(refusal) };
}
