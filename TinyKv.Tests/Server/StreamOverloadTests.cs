using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server;

/// <summary>Streams that ask for more than they read, of a real store.</summary>
[Trait("lane", "slow")]
public sealed class StreamOverloadTests : IAsyncLifetime
{
    private static readonly ByteString Key = ByteString.CopyFromUtf8("k");

    private TinyKvCluster _cluster = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TinyKvCluster.StartAsync(1, "", Timeouts.Long);
        _channel = GrpcChannel.ForAddress($"http://{_cluster[1].Endpoint}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _cluster.DisposeAsync();
    }

    // A conditional write that fails changes nothing and is answered with what it found.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_is_not_read_holds_bounded_memory_and_hurts_nobody_else(bool isConditional)
    {
        var count = 0;
        var raw = new Raw.RawClient(_channel);
        var value = UnsafeByteOperations.UnsafeWrap(new byte[Limits.MaxValueBytes]);
        Assert.Null((await raw.PutAsync(new PutRequest { Key = Key, Value = value })).RegionError);
        using var call = raw.Stream();
        IRoutedRequest request = isConditional ? new PutIfAbsentRequest { Key = Key } : new GetRequest { Key = Key };
        await AskAsync(40);
        // Its connection has all the replies that it may have. What asks for that takes room, too, of which the stream gets
        // the rest when it asks again.
        await Eventually.Async(async () =>
        {
            await AskAsync(1);
            return (await raw.GetAsync(new GetRequest { Key = Key })).RegionError?.ServerIsBusy?.Reason;
        });
        await _cluster.Raw.PutAsync("served"u8.ToArray(), "yes"u8.ToArray());
        Assert.Equal("yes"u8.ToArray(), await _cluster.Raw.GetAsync("served"u8.ToArray()));

        var replies = new List<IRawReply>();
        while (replies.Count < count)
        {
            Assert.True(await call.ResponseStream.MoveNext(Timeouts.Long));
            replies.AddRange(call.ResponseStream.Current.Replies.Select(reply => reply.Inner!));
        }
        Assert.Contains(replies, reply => reply.RegionError is null);
        Assert.Contains(replies, reply => reply.RegionError?.ServerIsBusy?.BackoffMs > 0);
        Assert.Null((await raw.GetAsync(new GetRequest { Key = Key })).RegionError);

        Task AskAsync(int more)
        {
            var envelope = new RequestEnvelope();
            while (more-- > 0) envelope.Requests.Add(NumberedRequest.Of((ulong)count++, request));
            return call.RequestStream.WriteAsync(envelope);
        }
    }

    [Fact]
    public async Task Streams_with_half_a_message_hold_bounded_memory_and_hurt_nobody_else()
    {
        const int Value = 4 * 1024 * 1024, Room = 31, More = 9;
        using var slow = new HttpClient { BaseAddress = new Uri($"http://{_cluster[1].Endpoint}") };
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var put = new PutRequest { Key = Key, Value = UnsafeByteOperations.UnsafeWrap(new byte[Value]) };
        var message = new RequestEnvelope { Requests = { NumberedRequest.Of(1, put) } }.ToByteArray();
        var streams = Enumerable.Range(0, Room + More).Select(_ => StatusAsync(slow, message, rest.Task)).ToList();

        var refused = new List<Task<string>>();
        await foreach (var stream in Task.WhenEach(streams))
        {
            refused.Add(stream);
            Assert.Equal($"{(int)StatusCode.ResourceExhausted}", await stream);
            if (refused.Count == More) break;
        }
        await _cluster.Raw.PutAsync("served"u8.ToArray(), "yes"u8.ToArray());
        rest.SetResult();
        Assert.All(await Task.WhenAll(streams.Except(refused)).WaitAsync(Timeouts.Long), status => Assert.Equal("0", status));
    }

    private static async Task<string> StatusAsync(HttpClient client, byte[] message, Task rest)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tinykv.raw.v1.Raw/Stream")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new SlowContent(message, rest),
        };
        using var response = await client.SendAsync(request);
        return Assert.Single(response.Headers.Concat(response.TrailingHeaders).Single(each => each.Key == "grpc-status").Value);
    }
}
