using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Scheduling;
using TinyKv.Server.Grpc;
using static TinyKv.Tests.Server.Grpc.TinyKvProtocolServiceTests;

namespace TinyKv.Tests.Server.Grpc;

public sealed class SchedulerServiceTests : ServedTests
{
    private Scheduler.SchedulerClient Placement => new(Ports.Channel);

    private static RequestHeader Header => new() { ClusterId = 77 };

    [Fact]
    public async Task Members_are_all_stores_by_address_and_the_leader_is_placements()
    {
        Store.Members.Leader = new StoreId(2);
        var reply = await Placement.GetMembersAsync(new GetMembersRequest());
        Assert.Equal(77UL, reply.Header.ClusterId);
        Assert.Equal(["http://host1:101", "http://host2:102", "http://host3:103"],
            reply.Members.Select(member => Assert.Single(member.ClientUrls)));
        Assert.Equal("http://host2:102", reply.Leader.ClientUrls[0]);
        Assert.Equal(2UL, reply.Leader.MemberId);
    }

    [Fact]
    public async Task The_store_names_itself_while_no_leader_is_known()
    {
        var reply = await Placement.GetMembersAsync(new GetMembersRequest { Header = Header });
        Assert.Equal(1UL, reply.Leader.MemberId);
    }

    [Fact]
    public async Task Every_call_for_another_cluster_is_refused_with_both_ids()
    {
        var wrong = new RequestHeader { ClusterId = 5 };
        Func<RequestHeader?, Task>[] calls =
        [
            async header => await Placement.BootstrapAsync(new BootstrapRequest { Header = header }),
            async header => await Placement.IsBootstrappedAsync(new() { Header = header }),
            async header => await Placement.AllocIDAsync(new AllocIDRequest { Header = header }),
            async header => await Placement.GetStoreAsync(new GetStoreRequest { Header = header }),
            async header => await Placement.GetAllStoresAsync(new GetAllStoresRequest { Header = header }),
            async header => await Placement.GetRegionAsync(new GetRegionRequest { Header = header }),
            async header => await Placement.GetPrevRegionAsync(new GetRegionRequest { Header = header }),
            async header => await Placement.GetRegionByIDAsync(new GetRegionByIDRequest { Header = header }),
            async header => await Placement.ScanRegionsAsync(new ScanRegionsRequest { Header = header }),
            async header => await Placement.GetClusterConfigAsync(new() { Header = header }),
            async header => await Placement.PutClusterConfigAsync(new() { Header = header }),
            async header => await Placement.PutStoreAsync(new() { Header = header }),
            async header => await Placement.StoreHeartbeatAsync(new() { Header = header }),
            async header => await TsoAsync(new TsoRequest { Header = header, Count = 1 }),
        ];
        foreach (var call in calls)
        {
            await AssertRefusedAsync(() => call(wrong), "the request is for cluster 5, this is cluster 77");
            await AssertRefusedAsync(() => call(null), "the request is for cluster 0, this is cluster 77");
        }
        await AssertRefusedAsync(
            async () => await Placement.GetMembersAsync(new() { Header = wrong }), "cluster 5");
    }

    [Fact]
    public async Task A_store_is_found_by_id_and_an_unknown_one_is_an_error_in_the_header()
    {
        var found = await Placement.GetStoreAsync(new GetStoreRequest { Header = Header, StoreId = 3 });
        var missing = await Placement.GetStoreAsync(new GetStoreRequest { Header = Header, StoreId = 9 });
        Assert.Equal("host3:103", found.Store.Address);
        Assert.Null(missing.Store);
        Assert.Equal("store 9 is not in the cluster", missing.Header.Error.Message);
        Assert.Equal(3, (await Placement.GetAllStoresAsync(new() { Header = Header })).Stores.Count);
    }

    [Fact]
    public async Task Ids_come_from_placement()
    {
        var first = await Placement.AllocIDAsync(new AllocIDRequest { Header = Header });
        var second = await Placement.AllocIDAsync(new AllocIDRequest { Header = Header });
        Assert.Equal(first.Id + 1, second.Id);
    }

    [Fact]
    public async Task Without_a_placement_leader_ids_and_timestamps_are_unavailable()
    {
        Store.Members.Unavailable = true;
        var id = await Assert.ThrowsAsync<RpcException>(
            async () => await Placement.AllocIDAsync(new AllocIDRequest { Header = Header }));
        var timestamp = await Assert.ThrowsAsync<RpcException>(
            () => TsoAsync(new TsoRequest { Header = Header, Count = 1 }));
        Assert.Equal(StatusCode.Unavailable, id.StatusCode);
        Assert.Equal(StatusCode.Unavailable, timestamp.StatusCode);
    }

    [Fact]
    public async Task A_timestamp_stream_answers_each_request_with_its_count_and_the_last_of_its_timestamps()
    {
        using var stream = Placement.Tso();
        foreach (var (count, logical) in new[] { (1U, 1L), (10U, 11L), (3U, 14L) })
        {
            await stream.RequestStream.WriteAsync(new TsoRequest { Header = Header, Count = count });
            Assert.True(await stream.ResponseStream.MoveNext());
            var reply = stream.ResponseStream.Current;
            Assert.Equal((77UL, count, logical),
                (reply.Header.ClusterId, reply.Count, reply.Timestamp.Logical));
        }
        await stream.RequestStream.CompleteAsync();
        Assert.False(await stream.ResponseStream.MoveNext());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u << 18)]
    [InlineData(uint.MaxValue)]
    public async Task A_number_of_timestamps_that_no_millisecond_has_is_refused(uint count)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => TsoAsync(new TsoRequest { Header = Header, Count = count }));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
    }

    [Fact]
    public async Task As_many_timestamps_as_a_millisecond_has_can_be_asked_for()
    {
        Assert.Equal(TimestampOracle.LogicalEnd - 1, GrpcLimits.MaxTimestamps);
        var reply = await TsoAsync(new TsoRequest { Header = Header, Count = (1u << 18) - 1 });
        Assert.Equal((1u << 18) - 1, reply.Count);
    }

    [Fact]
    public async Task Timestamps_that_are_being_allocated_are_unavailable_when_the_store_stops()
    {
        Store.Members.Ready = new TaskCompletionSource().Task;
        var asking = TsoAsync(new TsoRequest { Header = Header, Count = 1 });
        await Store.Members.Asked.Task;
        Ports.Gate.Close();
        var failure = await Assert.ThrowsAsync<RpcException>(() => asking);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_timestamp_stream_ends_when_the_store_stops()
    {
        using var stream = Placement.Tso();
        await stream.RequestStream.WriteAsync(new TsoRequest { Header = Header, Count = 1 });
        Assert.True(await stream.ResponseStream.MoveNext());
        Ports.Gate.Close();
        var failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Regions_are_found_by_key_and_by_id_with_leader_and_followers()
    {
        Store.Members.Regions = Regions("", "b", "d");
        var found = await Placement.GetRegionAsync(new() { Header = Header, RegionKey = Bytes("c") });
        Assert.Equal(2UL, found.Region.Id);
        Assert.Equal(1UL, found.Leader.Id);
        Assert.Equal([2UL, 3UL], found.Slaves.Select(peer => peer.Id));

        var atStart = await Placement.GetRegionAsync(new() { Header = Header, RegionKey = Bytes("d") });
        var first = await Placement.GetRegionAsync(new GetRegionRequest { Header = Header });
        var byId = await Placement.GetRegionByIDAsync(new() { Header = Header, RegionId = 3 });
        Assert.Equal((3UL, 1UL, 3UL), (atStart.Region.Id, first.Region.Id, byId.Region.Id));
        Assert.Null(atStart.Leader);
    }

    [Fact]
    public async Task An_unknown_region_is_an_empty_answer()
    {
        var byKey = await Placement.GetRegionAsync(new() { Header = Header, RegionKey = Bytes("c") });
        var byId = await Placement.GetRegionByIDAsync(new() { Header = Header, RegionId = 3 });
        Assert.Null(byKey.Region);
        Assert.Null(byId.Region);
    }

    [Fact]
    public async Task The_region_before_a_key_is_the_one_before_its_region()
    {
        Store.Members.Regions = Regions("", "b", "d");
        var before = await Placement.GetPrevRegionAsync(new() { Header = Header, RegionKey = Bytes("c") });
        var none = await Placement.GetPrevRegionAsync(new() { Header = Header, RegionKey = Bytes("a") });
        Assert.Equal(1UL, before.Region.Id);
        Assert.Null(none.Region);
    }

    [Theory]
    [InlineData("", "", 0, "1,2,3")]
    [InlineData("", "", 2, "1,2")]
    [InlineData("c", "", 0, "2,3")]
    [InlineData("", "b", 0, "1")]
    [InlineData("b", "d", 9, "2")]
    [InlineData("a", "ba", 9, "1,2")]
    public async Task Regions_are_listed_from_start_to_end_up_to_a_limit(
        string start, string end, int limit, string expected)
    {
        Store.Members.Regions = Regions("", "b", "d");
        var reply = await Placement.ScanRegionsAsync(new ScanRegionsRequest
        {
            Header = Header,
            StartKey = Bytes(start),
            EndKey = Bytes(end),
            Limit = limit,
        });
        Assert.Equal(expected, string.Join(',', reply.Regions.Select(region => region.Id)));
        Assert.Equal(reply.Regions.Count, reply.Leaders.Count);
    }

    [Fact]
    public async Task Calls_between_stores_are_not_served()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await Placement.AskSplitAsync(new AskSplitRequest { Header = Header }));
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
        Assert.Contains("/schedulerpb.Scheduler/AskSplit", failure.Status.Detail, StringComparison.Ordinal);
    }

    // Odd regions have no known leader.
    private static RegionMap<LocatedRegion> Regions(params string[] starts) => FakePlacement.MapOf([.. starts.Select((start, i) =>
    {
        var end = i + 1 < starts.Length ? starts[i + 1] : "";
        var peers = Enumerable.Range(1, 3).Select(n => new Peer(new PeerId((ulong)n), new StoreId((ulong)n)));
        var range = new KeyRange(Bytes(start).Memory, Bytes(end).Memory);
        var region = new Region(new RegionId((ulong)i + 1), range, RegionEpoch.Initial, [.. peers]);
        return new LocatedRegion(region, i % 2 == 0 ? null : region.Peers[0]);
    })]);

    private async Task<TsoResponse> TsoAsync(TsoRequest request)
    {
        using var stream = Placement.Tso();
        await stream.RequestStream.WriteAsync(request);
        await stream.ResponseStream.MoveNext();
        return stream.ResponseStream.Current;
    }

    private static async Task AssertRefusedAsync(Func<Task> call, string expected)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        Assert.Contains(expected, failure.Status.Detail, StringComparison.Ordinal);
    }
}
