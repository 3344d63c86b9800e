using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Telemetry;

[Trait("lane", "slow")]
public sealed class StreamSpansTests : IDisposable
{
    private readonly ActivityContext[] _callers = [.. Enumerable.Range(0, 3).Select(_ => new ActivityContext(
        ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded))];

    private readonly SpanRecorder _spans;

    // With those of ASP.NET Core the stream's call has a span, too.
    public StreamSpansTests() =>
        _spans = new SpanRecorder([.. _callers.Select(caller => caller.TraceId)], "Microsoft.AspNetCore");

    public void Dispose() => _spans.Dispose();

    [Fact]
    public async Task Each_write_of_a_stream_belongs_to_its_own_callers_trace_and_none_to_the_streams()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, "", Timeouts.Long);
        using var channel = GrpcChannel.ForAddress($"http://{cluster[1].Endpoint}");
        var (stream, first, second) = (_callers[0], _callers[1], _callers[2]);
        using var call = new Raw.RawClient(channel).Stream(new Metadata { { "traceparent", Header(stream) } });
        await call.RequestStream.WriteAsync(new RequestEnvelope
        {
            Requests = { Put(1, Header(first)), Put(2, ""), Put(3, Header(second)) },
        });
        for (var replies = 0; replies < 3; replies += call.ResponseStream.Current.Replies.Count)
            Assert.True(await call.ResponseStream.MoveNext(Timeouts.Long));
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Timeouts.Long));

        await Eventually.True(() => _spans.Ended.Any(span => span.TraceId == stream.TraceId));
        var writes = _spans.Ended.Where(span => span.OperationName == "tinykv.propose").ToList();
        Assert.Equal(2, writes.Count);
        Assert.Equal(first.SpanId, writes.Single(write => write.TraceId == first.TraceId).ParentSpanId);
        Assert.Equal(second.SpanId, writes.Single(write => write.TraceId == second.TraceId).ParentSpanId);
    }

    private static string Header(ActivityContext caller) => $"00-{caller.TraceId}-{caller.SpanId}-01";

    private static NumberedRequest Put(ulong number, string traceparent)
    {
        var request = NumberedRequest.Of(number, new PutRequest { Key = ByteString.CopyFromUtf8($"{number}") });
        request.Traceparent = traceparent;
        return request;
    }
}
