using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Wire.Raw.V1;
using static TinyKv.Tests.Server.Grpc.TinyKvProtocolServiceTests;

namespace TinyKv.Tests.Server.Grpc;

public sealed class RawServiceTests : ServedTests
{
    private Raw.RawClient Raw => new(Ports.Channel);

    [Fact]
    public async Task Single_keys_are_written_read_and_deleted_without_a_context()
    {
        await Raw.PutAsync(new PutRequest { Key = Bytes("k"), Value = Bytes("v") });
        Assert.Equal(Bytes("v"), (await Raw.GetAsync(new GetRequest { Key = Bytes("k") })).Value.Value);
        Assert.False((await Raw.GetAsync(new GetRequest { Key = Bytes("k"), Cf = "write" })).Value.Found);
        await Raw.DeleteAsync(new DeleteRequest { Key = Bytes("k") });
        Assert.False((await Raw.GetAsync(new GetRequest { Key = Bytes("k") })).Value.Found);
    }

    [Fact]
    public async Task With_a_context_the_replica_checks_it()
    {
        await Raw.GetAsync(new GetRequest { Key = Bytes("k"), Context = Context(term: 7) });
        Assert.Equal(7, Store.Data.LastContext!.Term);
        Store.Data.Refusal = new RegionError.NotLeader(RegionId.First, Store.Data.Region.Peers[2]);
        var reply = await Raw.PutAsync(new PutRequest { Key = Bytes("k"), Context = Context() });
        Assert.Equal(3ul, reply.RegionError.NotLeader.Leader.StoreId);
    }

    [Fact]
    public async Task Batches_are_written_read_and_deleted()
    {
        await Raw.BatchPutAsync(new BatchPutRequest
        {
            Pairs =
            {
                new Pair { Key = Bytes("a"), Value = Bytes("1") }, new Pair { Key = Bytes("b"), Value = Bytes("2") },
                new Pair { Key = Bytes("a"), Value = Bytes("3") },
            },
        });
        var read = await Raw.BatchGetAsync(new BatchGetRequest { Keys = { Bytes("b"), Bytes("x"), Bytes("a") } });
        Assert.Equal(["2", "", "3"], read.Values.Select(value => value.Value.ToStringUtf8()));

        await Raw.BatchDeleteAsync(new BatchDeleteRequest { Keys = { Bytes("a") } });
        await Raw.DeleteRangeAsync(new DeleteRangeRequest { StartKey = Bytes("b") });
        Assert.Empty((await Raw.ScanAsync(new ScanRequest { Limit = 9 })).Pairs);
    }

    [Fact]
    public async Task A_large_batch_of_gets_is_answered_in_the_order_of_its_keys()
    {
        var keys = Enumerable.Range(0, 200).Select(i => Bytes($"{i}")).ToList();
        await Raw.BatchPutAsync(new BatchPutRequest { Pairs = { keys.Select(key => new Pair { Key = key, Value = key }) } });
        var read = await Raw.BatchGetAsync(new BatchGetRequest { Keys = { keys } });
        Assert.Equal(keys, read.Values.Select(value => value.Value));
    }

    [Fact]
    public async Task Values_that_do_not_fit_into_one_reply_are_refused_by_name()
    {
        await Raw.PutAsync(new PutRequest { Key = Bytes("k"), Value = Zeros(Limits.MaxValueBytes) });
        var read = await Raw.BatchGetAsync(new BatchGetRequest { Keys = { Bytes("k"), Bytes("k") } });
        Assert.Equal(
            "the values of the 2 keys need more than 4194304 bytes, the most that a reply holds; "
            + "ask for 1 or fewer at once", read.Error);
    }

    [Fact]
    public async Task Conditions_decide_and_tell_what_was_there()
    {
        var first = await Raw.PutIfAbsentAsync(new PutIfAbsentRequest { Key = Bytes("k"), Value = Bytes("1") });
        var second = await Raw.PutIfAbsentAsync(new PutIfAbsentRequest { Key = Bytes("k"), Value = Bytes("2") });
        var third = await Raw.CompareAndSetAsync(new CompareAndSetRequest
        {
            Key = Bytes("k"),
            Expected = new MaybeValue { Found = true, Value = Bytes("1") },
        });
        Assert.Equal((true, false), (first.Succeeded, first.Previous.Found));
        Assert.Equal((false, Bytes("1")), (second.Succeeded, second.Previous.Value));
        Assert.Equal((true, Bytes("1")), (third.Succeeded, third.Previous.Value));
        Assert.False((await Raw.GetAsync(new GetRequest { Key = Bytes("k") })).Value.Found);
    }

    [Fact]
    public async Task Bad_input_is_named_in_the_reply()
    {
        Assert.Equal("the key is empty", (await Raw.PutAsync(new PutRequest())).Error);
        Assert.Equal("the batch is empty", (await Raw.BatchGetAsync(new BatchGetRequest())).Error);
        Assert.StartsWith("the limit is 0", (await Raw.ScanAsync(new ScanRequest())).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_leader_nothing_is_done_and_the_reply_says_so()
    {
        Store.Data.Refusal = new RegionError.NotLeader(RegionId.First, null);
        var reply = await Raw.PutAsync(new PutRequest { Key = Bytes("k") });
        Assert.NotNull(reply.RegionError.NotLeader);
    }

    [Fact]
    public async Task A_read_that_meets_damaged_files_is_refused_so_that_another_store_is_asked()
    {
        Store.Data.Failure = new StorageFailedException("the engine is damaged");
        var got = await Raw.GetAsync(new GetRequest { Key = Bytes("k"), Context = Context() });
        Assert.NotNull(got.RegionError.NotLeader);
        var scanned = await Raw.ScanAsync(new ScanRequest { Limit = 1, Context = Context() });
        Assert.NotNull(scanned.RegionError.NotLeader);
    }

    [Fact]
    public async Task A_failure_of_the_store_is_an_internal_error_without_its_details()
    {
        Store.Data.Failure = new InvalidOperationException("secret");
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await Raw.PutAsync(new PutRequest { Key = Bytes("k") }));
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.DoesNotContain("secret", failure.Status.Detail, StringComparison.Ordinal);
    }
}
