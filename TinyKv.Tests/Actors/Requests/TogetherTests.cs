using System.Collections.Concurrent;
using Akka.Event;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Context = TinyKv.Protocol.Wire.Kv.Context;
using WirePeer = TinyKv.Protocol.Wire.Meta.Peer;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>Requests that come together to the gateway of a store that leads, over a storage that the test answers.</summary>
public sealed class TogetherTests
{
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");
    private static readonly PutRequest Put = new() { Key = K, Value = K };
    private static readonly GetRequest Get = new() { Key = K };
    private static readonly RegionError Elsewhere = new RegionError.NotLeader(RegionId.First, null);

    private readonly HeldStorage _storage = new();
    private readonly TestSink _sink = new();
    private readonly InFlight _inFlight = new(4, 1000);
    private readonly RegionTable _table = new();
    private readonly RawGateway _gateway;

    public TogetherTests()
    {
        var leader = HeldStorage.Region.Peers[0];
        _table.Post(new ReplicaView(HeldStorage.Region, new PeerView(
            new LeadershipChange(RoleKind.Leader, 1, leader.Id), leader, CaughtUp: true)));
        var executor = new RawExecutor(_storage, new ScanSlots(1));
        var router = new RawRouter(leader.Store, _table, executor, new GatewayLinks(_ => null),
            TimeSpan.FromSeconds(20), TimeProvider.System, Random.Shared.NextDouble);
        _gateway = new RawGateway(
            executor, router, _inFlight, TimeSpan.FromSeconds(20), TimeProvider.System, NoLogger.Instance);
    }

    [Fact]
    public async Task What_is_done_at_the_same_time_is_told_at_the_same_time()
    {
        var calls = Execute(Put, Put, Get);
        var together = Assert.Single(_storage.Executed);

        foreach (var call in together.Calls.Take(2)) call.Written(null);
        together.Done([.. together.Calls.Take(2)]);

        Assert.Null((await _sink.ReplyTo(calls[0])).RegionError);
        Assert.Equal([2], _sink.Sizes);
        Assert.False(_sink.HasReplyTo(calls[2]));
    }

    [Fact]
    public async Task A_wrong_request_is_told_what_is_wrong_and_the_others_are_done()
    {
        var calls = Execute(Put, new PutRequest { Key = ByteString.CopyFrom(new byte[Limits.MaxKeyBytes + 1]) }, Put);

        Assert.NotEmpty((await _sink.ReplyTo(calls[1])).Error);
        Assert.Equal(2, Assert.Single(_storage.Executed).Calls.Count);
    }

    [Fact]
    public async Task The_bounds_count_each_request()
    {
        var calls = Execute(Put, Put, Put, Put, Put);
        Assert.NotNull((await _sink.ReplyTo(calls[4])).RegionError!.ServerIsBusy);
        var together = Assert.Single(_storage.Executed);
        Assert.Equal(4, together.Calls.Count);

        together.Calls[0].Written(null);
        together.Done([together.Calls[0]]);

        Execute(Put);
        Assert.Equal(2, _storage.Executed.Count);
    }

    [Fact]
    public async Task What_this_store_does_not_lead_any_more_is_followed_alone()
    {
        var calls = Execute(Put, Put);
        var together = Assert.Single(_storage.Executed);

        together.Calls[0].Refuse(Elsewhere);
        together.Calls[1].Written(null);
        together.Done(together.Calls);

        Assert.Null((await _sink.ReplyTo(calls[1])).RegionError);
        Assert.Null((await _sink.ReplyTo(calls[0])).RegionError);
        Assert.Equal(1, _storage.Alone);
    }

    [Fact]
    public async Task A_write_that_may_be_done_is_not_repeated()
    {
        var call = Assert.Single(Execute(Put));
        var together = Assert.Single(_storage.Executed);

        together.Calls[0].Refuse(new RegionError.StaleCommand());
        together.Done(together.Calls);

        Assert.NotNull((await _sink.ReplyTo(call)).RegionError!.StaleCommand);
        Assert.Equal(0, _storage.Alone);
    }

    [Fact]
    public async Task A_refused_request_for_one_replica_is_not_followed()
    {
        var context = new Context { RegionId = 7, Peer = new WirePeer { Id = 1, StoreId = 1 } };
        var call = Assert.Single(Execute(new PutRequest(Put) { Context = context }));
        var together = Assert.Single(_storage.Executed);
        Assert.Equal(new RegionId(7), together.Calls[0].Context.Region);

        together.Calls[0].Refuse(Elsewhere);
        together.Done(together.Calls);

        Assert.NotNull((await _sink.ReplyTo(call)).RegionError!.NotLeader);
        Assert.Equal(0, _storage.Alone);
    }

    [Fact]
    public async Task An_overdue_write_has_an_unknown_outcome_and_its_late_answer_is_dropped()
    {
        var call = _sink.Call(Put, TimeSpan.FromMilliseconds(1));
        _gateway.Execute([call]);
        Assert.NotNull((await _sink.ReplyTo(call)).RegionError!.StaleCommand);
        var together = Assert.Single(_storage.Executed);

        together.Calls[0].Written(null);
        together.Done(together.Calls);

        Assert.Empty(_sink.Twice);
        Assert.Equal([1], _sink.Sizes);
    }

    [Fact]
    public async Task An_overdue_write_that_found_no_leader_was_not_done()
    {
        _table.Post(new ReplicaView(HeldStorage.Region, null));
        var call = _sink.Call(Put, TimeSpan.FromMilliseconds(1));
        _gateway.Execute([call]);
        Assert.NotNull((await _sink.ReplyTo(call)).RegionError!.NotLeader);
    }

    [Fact]
    public async Task A_cancelled_read_is_answered()
    {
        var call = Assert.Single(Execute(Get));
        call.Cancel();
        Assert.NotNull((await _sink.ReplyTo(call)).RegionError!.NotLeader);
    }

    [Fact]
    public async Task A_write_to_several_regions_that_are_led_here_goes_to_each_and_is_counted_once()
    {
        var (here, m) = (HeldStorage.Region.Peers[0], ByteString.CopyFromUtf8("m"));
        var below = HeldStorage.Region with { Range = new KeyRange(default, m.Memory), Epoch = new RegionEpoch(1, 2) };
        var leads = new PeerView(new LeadershipChange(RoleKind.Leader, 1, here.Id), here, CaughtUp: true);
        _table.Post(new ReplicaView(below, leads),
            new ReplicaView(below with { Id = new RegionId(2), Range = new KeyRange(m.Memory, default) }, leads));
        var both = new BatchDeleteRequest { Keys = { K, m } };

        var calls = Execute(both, new BatchDeleteRequest { Keys = { K } }, new DeleteRangeRequest(), Put, Put);

        Assert.Null((await _sink.ReplyTo(calls[0])).RegionError);
        Assert.Null((await _sink.ReplyTo(calls[2])).RegionError);
        Assert.Equal(4, _storage.Alone);
        // What is for one region goes with others, as long as there is room.
        Assert.InRange(Assert.Single(_storage.Executed).Calls.Count, 2, 3);
    }

    [Fact]
    public async Task A_scan_does_not_hold_up_what_came_with_it()
    {
        var calls = Execute(new ScanRequest { Limit = 5 }, Put);
        var together = Assert.Single(_storage.Executed);
        together.Calls[0].Written(null);
        together.Done(together.Calls);
        Assert.Null((await _sink.ReplyTo(calls[1])).RegionError);
        Assert.False(_sink.HasReplyTo(calls[0]));

        calls[0].Cancel();

        Assert.NotNull((await _sink.ReplyTo(calls[0])).RegionError!.NotLeader);
    }

    [Fact]
    public async Task A_write_that_fails_has_an_unknown_outcome_and_a_read_may_be_asked_of_another()
    {
        var calls = Execute(Put, new GetRequest(Get) { Context = new Context { RegionId = 1 } });
        var together = Assert.Single(_storage.Executed);

        foreach (var call in together.Calls) call.Fail(new StorageFailedException("the disk is gone"));
        together.Done(together.Calls);

        Assert.NotNull((await _sink.ReplyTo(calls[0])).RegionError!.StaleCommand);
        Assert.NotNull((await _sink.ReplyTo(calls[1])).RegionError!.NotLeader);
    }

    [Fact]
    public async Task Replies_go_to_whoever_asked()
    {
        var other = new TestSink();
        RawCall[] calls = [_sink.Call(Put), _sink.Call(Put), other.Call(Put), _sink.Call(Put)];
        _gateway.Execute(calls);
        var together = Assert.Single(_storage.Executed);

        foreach (var call in together.Calls) call.Written(null);
        together.Done(together.Calls);

        await other.ReplyTo(calls[2]);
        await _sink.ReplyTo(calls[3]);
        Assert.Equal([1], other.Sizes);
        Assert.Equal([2, 1], _sink.Sizes);
    }

    private TestCall[] Execute(params IRawRequest[] requests)
    {
        var calls = Array.ConvertAll(requests, request => _sink.Call(request));
        _gateway.Execute(calls);
        return calls;
    }

    /// <summary>Keeps what is to be executed together until the test answers; single writes succeed, reads wait.</summary>
    private sealed class HeldStorage : IStorage
    {
        private int _alone;

        public static Region Region { get; } = new(
            RegionId.First, KeyRange.All, RegionEpoch.Initial, [new Peer(new PeerId(1), new StoreId(1))]);

        public ConcurrentQueue<(IReadOnlyList<StorageCall> Calls, Action<IReadOnlyList<StorageCall>> Done)> Executed
        {
            get;
        } = [];

        public int Alone => _alone;

        public void Execute(IReadOnlyList<StorageCall> calls, Action<IReadOnlyList<StorageCall>> done) =>
            Executed.Enqueue((calls, done));

        public Task<RegionError?> WriteAsync(
            RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _alone);
            return Task.FromResult<RegionError?>(null);
        }

        public Task<OutcomeOrRefusal> WriteIfAsync(
            RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public async Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            throw new NotSupportedException();
        }
    }
}
