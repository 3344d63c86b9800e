using Google.Protobuf;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Context = TinyKv.Protocol.Wire.Kv.Context;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Tests.Actors.Requests;

public sealed class RawChecksTests
{
    private static readonly ByteString K = ByteString.CopyFromUtf8("k");

    public static TheoryData<IRawRequest, string> Wrong => new()
    {
        { new GetRequest(), "the key is empty" },
        { new GetRequest { Key = Zeros(4097) }, "the key has 4097 bytes; at most 4096 are allowed" },
        { new GetRequest { Key = K, Cf = "meta" }, "unknown column family 'meta'; there are default, lock, write" },
        { new GetRequest { Key = K, Context = new Context() }, "the request's context names no region" },
        { new PutRequest { Value = K }, "the key is empty" },
        { new PutRequest { Key = K, Value = Zeros(Limits.MaxValueBytes + 1) }, "the value has 6291457 bytes" },
        { new DeleteRequest(), "the key is empty" },
        { new BatchGetRequest(), "the batch is empty" },
        { new BatchGetRequest { Keys = { K, ByteString.Empty } }, "the key is empty" },
        { new BatchGetRequest { Keys = { Enumerable.Repeat(K, 10_241) } }, "the batch has 10241 keys; at most 10240" },
        { new BatchPutRequest(), "the batch is empty" },
        { new BatchPutRequest { Pairs = { new Pair { Value = K } } }, "the key is empty" },
        { Puts(2, Limits.MaxValueBytes), "the write takes" },
        { new BatchDeleteRequest(), "the batch is empty" },
        { new BatchDeleteRequest { Keys = { Enumerable.Repeat(Zeros(4096), 2048) } }, "the write takes" },
        { new DeleteRangeRequest { EndKey = Zeros(4098) }, "the end key has 4098 bytes; at most 4097 are allowed" },
        { new CompareAndSetRequest(), "the key is empty" },
        { Cas(Limits.MaxValueBytes, Limits.MaxValueBytes), "the write takes" },
        { Cas(0, Limits.MaxValueBytes + 1), "the value has 6291457 bytes" },
        { new CompareAndSetRequest { Key = K, Expected = new MaybeValue { Value = K } }, "a value is given that is marked" },
        { new PutIfAbsentRequest { Key = K, Value = Zeros(Limits.MaxValueBytes + 1) }, "the value has 6291457 bytes" },
        { new ScanRequest(), "the limit is 0; ask for at least one pair" },
        { new ScanRequest { Limit = 10_241 }, "the limit is 10241; at most 10240 pairs are allowed" },
        { new ScanRequest { Limit = uint.MaxValue }, "the limit is 4294967295" },
        { new ScanRequest { Limit = 1, StartKey = Zeros(4098) }, "the start key has 4098 bytes" },
        { new Kv.RawGetRequest { Key = K }, "the request's context names no region" },
        { new Kv.RawGetRequest { Key = K, Context = new Context() }, "the request's context names no region" },
        { new Kv.RawGetRequest { Context = First }, "the key is empty" },
        { new Kv.RawPutRequest { Context = First, Value = K }, "the key is empty" },
        { new Kv.RawPutRequest { Context = First, Key = K, Value = Zeros(Limits.MaxValueBytes + 1) }, "the value has 6291457" },
        { new Kv.RawDeleteRequest { Context = First }, "the key is empty" },
        { new Kv.RawScanRequest { Context = First }, "the limit is 0; ask for at least one pair" },
        { new Kv.RawScanRequest { Context = First, Limit = 1, StartKey = Zeros(4098) }, "the start key has 4098 bytes" },
    };

    public static TheoryData<IRawRequest> Right => new()
    {
        new GetRequest { Key = Zeros(Limits.MaxKeyBytes), Cf = "lock" },
        new PutRequest { Key = Zeros(Limits.MaxKeyBytes), Value = Zeros(Limits.MaxValueBytes) },
        new BatchGetRequest { Keys = { Enumerable.Repeat(K, Limits.MaxBatchCount) } },
        Puts(1, Limits.MaxValueBytes),
        Cas(Limits.MaxValueBytes / 2, Limits.MaxValueBytes / 2),
        new DeleteRangeRequest(),
        new DeleteRangeRequest { StartKey = Zeros(4097), EndKey = Zeros(4097) },
        new CompareAndSetRequest { Key = K, Expected = new MaybeValue() },
        new ScanRequest { Limit = Limits.MaxScanLimit, Reverse = true },
        new Kv.RawPutRequest { Context = First, Key = Zeros(Limits.MaxKeyBytes), Value = Zeros(Limits.MaxValueBytes) },
        new Kv.RawScanRequest { Context = First, Limit = Limits.MaxScanLimit, StartKey = Zeros(4097) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_with_a_request_is_named(IRawRequest request, string expected) =>
        Assert.StartsWith(expected, RawChecks.Of(request), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Right))]
    public void A_request_within_the_limits_is_good(IRawRequest request) => Assert.Null(RawChecks.Of(request));

    private static Context First => new() { RegionId = 1 };

    private static ByteString Zeros(int count) => UnsafeByteOperations.UnsafeWrap(new byte[count]);

    private static BatchPutRequest Puts(int count, int bytes) =>
        new() { Pairs = { Enumerable.Repeat(new Pair { Key = K, Value = Zeros(bytes) }, count) } };

    private static CompareAndSetRequest Cas(int expected, int desired) => new()
    {
        Key = K,
        Expected = new MaybeValue { Found = true, Value = Zeros(expected) },
        Desired = new MaybeValue { Found = true, Value = Zeros(desired) },
    };
}
