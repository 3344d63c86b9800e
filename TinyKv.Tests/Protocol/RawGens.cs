using CsCheck;
using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Raw.V1;
using GetRequest = TinyKv.Protocol.Wire.Raw.V1.GetRequest;
using GetResponse = TinyKv.Protocol.Wire.Raw.V1.GetResponse;
using ScanRequest = TinyKv.Protocol.Wire.Raw.V1.ScanRequest;
using ScanResponse = TinyKv.Protocol.Wire.Raw.V1.ScanResponse;

namespace TinyKv.Tests.Protocol;

/// <summary>Random requests and replies of the raw API, alone and many in a message.</summary>
internal static class RawGens
{
    private static readonly Gen<ByteString> Bytes = Gens.Bytes.Select(bytes => ByteString.CopyFrom(bytes));

    private static readonly Gen<Context?> Context = Gen.Select(Gen.Bool, Gen.ULong, Gen.ULong,
        (isFor, region, term) => isFor ? new Context { RegionId = region, Term = term } : null);

    private static readonly Gen<MaybeValue> Maybe = Gen.Select(Gen.Bool, Bytes,
        (found, value) => found ? new MaybeValue { Found = true, Value = value } : new MaybeValue());

    private static readonly Gen<Pair> Pair = Gen.Select(Bytes, Bytes,
        (key, value) => new Pair { Key = key, Value = value });

    /// <summary>A request of any kind.</summary>
    public static readonly Gen<IRoutedRequest> Request = Gen.OneOf<IRoutedRequest>(
        Gen.Select(Context, Bytes, (c, key) => (IRoutedRequest)new GetRequest { Context = c, Key = key }),
        Gen.Select(Context, Bytes, Bytes,
            (c, key, value) => (IRoutedRequest)new PutRequest { Context = c, Key = key, Value = value }),
        Gen.Select(Context, Bytes, (c, key) => (IRoutedRequest)new DeleteRequest { Context = c, Key = key, Cf = "lock" }),
        Gen.Select(Context, Bytes.Array[0, 4],
            (c, keys) => (IRoutedRequest)new BatchGetRequest { Context = c, Keys = { keys } }),
        Gen.Select(Context, Pair.Array[0, 4],
            (c, pairs) => (IRoutedRequest)new BatchPutRequest { Context = c, Pairs = { pairs } }),
        Gen.Select(Context, Bytes.Array[0, 4],
            (c, keys) => (IRoutedRequest)new BatchDeleteRequest { Context = c, Keys = { keys } }),
        Gen.Select(Context, Bytes, Bytes,
            (c, start, end) => (IRoutedRequest)new DeleteRangeRequest { Context = c, StartKey = start, EndKey = end }),
        Gen.Select(Context, Bytes, Maybe, Maybe, (c, key, expected, desired) => (IRoutedRequest)
            new CompareAndSetRequest { Context = c, Key = key, Expected = expected, Desired = desired }),
        Gen.Select(Context, Bytes, Bytes,
            (c, key, value) => (IRoutedRequest)new PutIfAbsentRequest { Context = c, Key = key, Value = value }),
        Gen.Select(Context, Bytes, Bytes, Gen.UInt, (c, start, end, limit) => (IRoutedRequest)
            new ScanRequest { Context = c, StartKey = start, EndKey = end, Limit = limit }));

    /// <summary>A reply of any kind.</summary>
    public static readonly Gen<IRawReply> Reply = Gen.OneOf<IRawReply>(
        Maybe.Select(value => (IRawReply)new GetResponse { Value = value }),
        Gen.String.Select(error => (IRawReply)new WriteResponse { Error = error }),
        Maybe.Array[0, 4].Select(values => (IRawReply)new BatchGetResponse { Values = { values } }),
        Gen.Select(Gen.Bool, Maybe,
            (done, value) => (IRawReply)new CompareAndSetResponse { Succeeded = done, Previous = value }),
        Pair.Array[0, 4].Select(pairs => (IRawReply)new ScanResponse { Pairs = { pairs } }));

    private static readonly Gen<NumberedRequest> Numbered = Gen.OneOf(
        Gen.Select(Gen.ULong, Gen.UInt, Request, (number, timeout, request) =>
        {
            var numbered = NumberedRequest.Of(number, request);
            (numbered.TimeoutMs, numbered.Traceparent) = (timeout, timeout % 2 == 0 ? "" : "00-1-2-01");
            return numbered;
        }),
        Gen.ULong.Select(number => new NumberedRequest { Number = number, Cancel = new Cancel() }),
        Gen.ULong.Select(number => new NumberedRequest { Number = number }));

    private static readonly Gen<NumberedReply> NumberedReplies = Gen.OneOf(
        Gen.Select(Gen.ULong, Reply, NumberedReply.Of),
        Gen.ULong.Select(number => NumberedReply.Failed(number, Grpc.Core.StatusCode.Internal, "why")));

    /// <summary>Many requests.</summary>
    public static readonly Gen<RequestEnvelope> Requests =
        Numbered.Array[0, 6].Select(requests => new RequestEnvelope { Requests = { requests } });

    /// <summary>Many replies.</summary>
    public static readonly Gen<ReplyEnvelope> Replies = Gen.Select(NumberedReplies.Array[0, 6], Gen.Bool,
        (replies, closing) => new ReplyEnvelope { Replies = { replies }, Closing = closing });
}
