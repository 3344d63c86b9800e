using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Server;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>
/// Requests for keys of several regions, to a router on store 1 between probes in the place of the gateways of stores 2 and 3.
/// Each store leads the region with its number: up to h, up to p, and the rest.
/// </summary>
[Trait("lane", "slow")]
public sealed class SpanningRoutingTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private readonly RegionTable _table = new();
    private readonly FakeStorage _storage = new();
    private readonly ScanSlots _slots = new(1);
    private readonly FakeGateway _second;
    private readonly FakeGateway _third;

    public SpanningRoutingTests() : base("akka.loglevel = OFF")
    {
        (_second, _third) = (new FakeGateway(this, takesMany: true), new FakeGateway(this, takesMany: true));
        Post(Region(1, "", "h"), leader: 1);
        Post(Region(2, "h", "p"), leader: 2);
        Post(Region(3, "p", ""), leader: 3);
    }

    [Fact]
    public async Task Each_leader_gets_the_keys_of_its_region_and_the_values_come_in_the_order_asked_for()
    {
        var router = Router(WaitTimeout);
        await router.ExecuteAsync(new PutRequest { Key = Key("a"), Value = Key("of a") }, default);
        var reply = router.ExecuteAsync(Get("z", "i", "a", "y", "b"), default);

        var second = await _second.NextAsync<BatchGetRequest>();
        _second.Reply(Found("of i"));
        var third = await _third.NextAsync<BatchGetRequest>();
        _third.Reply(Found("of z", "of y"));

        var values = ((BatchGetResponse)await reply).Values;
        Assert.Equal(["of z", "of i", "of a", "of y", ""], values.Select(value => value.Value.ToStringUtf8()));
        Assert.Equal([Key("z"), Key("y")], third.Keys);
        Assert.Equal((2ul, 2ul), (second.Context.RegionId, second.Context.Peer.StoreId));
        Assert.Equal((3ul, 3ul), (third.Context.RegionId, third.Context.Peer.StoreId));
    }

    [Fact]
    public void Who_knows_a_region_as_it_was_before_a_split_is_told_where_the_key_is_now()
    {
        var request = new GetRequest { Key = Key("k") };
        var (first, other) = (Refused(), Refused());

        Router(WaitTimeout).NameRegion(request, first);
        Router(WaitTimeout).NameRegion(new GetRequest { Key = Key("b") }, other);

        Assert.Equal([1ul, 2], first.RegionError.EpochNotMatch.CurrentRegions.Select(region => region.Id));
        Assert.Equal([1ul], other.RegionError.EpochNotMatch.CurrentRegions.Select(region => region.Id));

        GetResponse Refused() =>
            new() { RegionError = RegionErrors.ToWire(new RegionError.EpochNotMatch([Region(1, "", "h")])) };
    }

    [Fact]
    public async Task A_range_without_an_end_is_removed_from_each_region_up_to_its_end()
    {
        var reply = Router(WaitTimeout).ExecuteAsync(new DeleteRangeRequest { StartKey = Key("i") }, default);

        var second = await _second.NextAsync<DeleteRangeRequest>();
        _second.Reply(new WriteResponse());
        var third = await _third.NextAsync<DeleteRangeRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
        Assert.Equal((Key("i"), Key("p")), (second.StartKey, second.EndKey));
        Assert.Equal((Key("p"), ByteString.Empty), (third.StartKey, third.EndKey));
    }

    [Fact]
    public async Task What_was_split_meanwhile_is_cut_again()
    {
        var reply = Router(WaitTimeout).ExecuteAsync(Delete("i", "n", "z"), default);
        await _third.NextAsync<BatchDeleteRequest>();
        _third.Reply(new WriteResponse());

        await _second.NextAsync<BatchDeleteRequest>();
        Post(Region(2, "h", "m", version: 2), leader: 2, Region(4, "m", "p", version: 2));
        Post(Region(4, "m", "p", version: 2), leader: 3);
        _second.Reply(Refusal(new RegionError.EpochNotMatch([])));

        Assert.Equal(Key("i"), Assert.Single((await _second.NextAsync<BatchDeleteRequest>()).Keys));
        _second.Reply(new WriteResponse());
        Assert.Equal(Key("n"), Assert.Single((await _third.NextAsync<BatchDeleteRequest>()).Keys));
        _third.Reply(new WriteResponse());
        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task A_write_that_is_done_in_one_region_and_in_another_not_has_an_unknown_outcome()
    {
        Post(Region(3, "p", "", version: 2), leader: null);
        var reply = Router(Short).ExecuteAsync(Delete("a", "z"), default);

        var error = (await reply).RegionError!;
        Assert.NotNull(error.StaleCommand);
        Assert.Contains("may have been written: not the leader of the region", error.Message, StringComparison.Ordinal);
        await _third.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_write_that_is_not_answered_for_one_region_has_an_unknown_outcome()
    {
        _storage.Refusal = new RegionError.NotLeader(RegionId.First, null);
        var reply = Router(Short).ExecuteAsync(Delete("a", "z"), default);
        await _third.NextAsync<BatchDeleteRequest>();
        Assert.NotNull((await reply).RegionError!.StaleCommand);
    }

    [Fact]
    public async Task A_write_that_is_done_in_no_region_was_not_done()
    {
        Post(Region(2, "h", "p", version: 2), leader: null);
        Post(Region(3, "p", "", version: 2), leader: null);
        Assert.NotNull((await Router(Short).ExecuteAsync(Delete("i", "z"), default)).RegionError!.NotLeader);
    }

    [Fact]
    public async Task A_part_waits_for_a_busy_leader_as_others_may_be_done()
    {
        var reply = Router(WaitTimeout).ExecuteAsync(Delete("a", "z"), default);

        await _third.NextAsync<BatchDeleteRequest>();
        _third.Reply(Refusal(new RegionError.ServerIsBusy("full", 1)));
        await _third.NextAsync<BatchDeleteRequest>();
        _third.Reply(new WriteResponse());

        Assert.Null((await reply).RegionError);
    }

    [Fact]
    public async Task Values_that_fit_into_a_reply_by_regions_and_not_together_are_refused_as_of_one_region()
    {
        var half = new string('v', Limits.MaxReplyBytes / 2);
        var reply = Router(WaitTimeout).ExecuteAsync(Get("i", "z"), default);

        await _second.NextAsync<BatchGetRequest>();
        _second.Reply(Found(half));
        await _third.NextAsync<BatchGetRequest>();
        _third.Reply(Found(half));

        Assert.Contains("ask for fewer at once", (await reply).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_without_a_value_for_each_key_is_none()
    {
        var reply = Router(WaitTimeout).ExecuteAsync(Get("a", "z"), default);

        await _third.NextAsync<BatchGetRequest>();
        _third.Reply(new BatchGetResponse());
        await _third.NextAsync<BatchGetRequest>();
        _third.Reply(Found("of z"));

        Assert.Equal("of z", ((BatchGetResponse)await reply).Values[1].Value.ToStringUtf8());
    }

    private RawRouter Router(TimeSpan timeout) => new(
        new StoreId(1), _table, new RawExecutor(_storage, _slots),
        new GatewayLinks(store => store.Value switch { 2 => _second.Link, 3 => _third.Link, _ => null }),
        timeout, TimeProvider.System, Random.Shared.NextDouble);

    private void Post(Region region, ulong? leader, Region? child = null)
    {
        var peer = leader is { } known ? region.PeerOn(new StoreId(known)) : null;
        var change = new LeadershipChange(RoleKind.Follower, 1, peer?.Id ?? default);
        _table.Post(new ReplicaView(region, new PeerView(change, peer, CaughtUp: true)),
            child is null ? null : new ReplicaView(child, null));
    }

    private Region Region(ulong id, string start, string end, ulong version = 1) => new(
        new RegionId(id), new KeyRange(Key(start).Memory, Key(end).Memory), new RegionEpoch(1, version), _storage.Region.Peers);

    private static BatchGetRequest Get(params string[] keys) => new() { Keys = { keys.Select(Key) } };

    private static BatchDeleteRequest Delete(params string[] keys) => new() { Keys = { keys.Select(Key) } };

    private static BatchGetResponse Found(params string[] values) =>
        new() { Values = { values.Select(value => new MaybeValue { Found = true, Value = Key(value) }) } };

    private static WriteResponse Refusal(RegionError refusal) => new() { RegionError = RegionErrors.ToWire(refusal) };

    private static ByteString Key(string text) => ByteString.CopyFromUtf8(text);
}
