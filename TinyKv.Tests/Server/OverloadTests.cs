using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;
using Proto = TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Tests.Server;

/// <summary>More than a store takes, from clients that ask too much, read too little, or only hold connections.</summary>
[Trait("lane", "slow")]
public sealed class OverloadTests : IAsyncLifetime
{
    private const int MaxRequests = 32;

    private TinyKvCluster _cluster = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TinyKvCluster.StartAsync(
            1, $"tinykv.gateway.max-requests = {MaxRequests}", Timeouts.Long);
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

    public static TheoryData<string, string> Overlarge => new()
    {
        { "a key", "the key has 4097 bytes" },
        { "a value", "the value has 6291457 bytes" },
        { "a batch", "the batch has 10241 keys" },
        { "a batch in bytes", "bytes in the log" },
        { "a condition", "bytes in the log" },
        { "a scan", "the limit is 10241" },
        { "a bound", "the end key has 4098 bytes" },
    };

    [Theory]
    [MemberData(nameof(Overlarge))]
    public async Task What_is_too_large_is_refused_by_name_over_grpc_and_by_the_gateway(string what, string reason)
    {
        await using var outside = OutsideSystem.Friendly();
        var (grpc, actor) = await ExecuteAsync(outside, what);
        Assert.Contains(reason, grpc.Error, StringComparison.Ordinal);
        Assert.Equal(grpc.Error, actor.Error);
    }

    [Fact]
    public async Task A_message_beyond_the_bound_of_grpc_fails_its_own_call_only()
    {
        var huge = new PutRequest { Key = Bytes("k"), Value = Zeros(17 * 1024 * 1024) };
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await Raw.PutAsync(huge));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        await AssertServingAsync();
    }

    [Fact]
    public async Task A_thousand_idle_connections_to_each_port_leave_the_store_serving()
    {
        var idle = new List<TcpClient>();
        try
        {
            foreach (var endpoint in new[] { _cluster[1].Endpoint, _cluster[1].RemotingEndpoint })
            {
                for (var i = 0; i < 1000; i++)
                {
                    var connection = new TcpClient();
                    idle.Add(connection);
                    await connection.ConnectAsync("127.0.0.1", int.Parse(endpoint.Split(':')[1], null), Timeouts.Long);
                }
            }
            await AssertServingAsync();
            await using var remoting = await TinyKvClient.ConnectAsync(
                new TinyKvRemotingOptions { Endpoints = [_cluster[1].RemotingEndpoint] }, Timeouts.Long);
            Assert.NotNull(await remoting.Raw.GetAsync("served"u8.ToArray()));
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Ten_times_what_the_store_takes_is_refused_with_a_hint_and_patient_clients_get_through()
    {
        // With the disk held up what was let in stays under way, and all the rest must be refused.
        _cluster.PauseDisk(1);
        var puts = Enumerable.Range(0, 10 * MaxRequests).Select(i => Raw.PutAsync(
            new PutRequest { Key = Bytes($"{i}"), Value = Zeros(100) }).ResponseAsync).ToList();
        var refused = 0;
        await foreach (var put in Task.WhenEach(puts))
        {
            Assert.True((await put).RegionError.ServerIsBusy.BackoffMs > 0);
            if (++refused == 9 * MaxRequests) break;
        }
        await using var patient = await _cluster.ConnectAsync(Timeouts.Long);
        var waiting = patient.Raw.PutAsync("patient"u8.ToArray(), default);
        _cluster.ResumeDisk(1);

        await waiting;
        Assert.Equal(MaxRequests, (await Task.WhenAll(puts)).Count(reply => reply.RegionError is null));
        await AssertServingAsync();
    }

    [Fact]
    public async Task Large_requests_that_arrive_slowly_hold_bounded_memory_and_hurt_nobody_else()
    {
        const int Value = 4 * 1024 * 1024, Room = 31, More = 9;
        using var slow = new HttpClient { BaseAddress = new Uri($"http://{_cluster[1].Endpoint}") };
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new PutRequest { Key = Bytes("k"), Value = Zeros(Value) }.ToByteArray();
        var puts = Enumerable.Range(0, Room + More).Select(_ => PutSlowlyAsync()).ToList();

        var refused = new List<Task<WriteResponse>>();
        await foreach (var put in Task.WhenEach(puts))
        {
            refused.Add(put);
            Assert.True((await put).RegionError.ServerIsBusy.BackoffMs > 0);
            if (refused.Count == More) break;
        }
        await AssertServingAsync();
        rest.SetResult();

        await Task.WhenAll(puts).WaitAsync(Timeouts.Long);
        Assert.Contains(puts.Except(refused), put => put.Result.RegionError is null);
        Assert.Null((await Raw.PutAsync(new PutRequest { Key = Bytes("k"), Value = Zeros(Value) })).RegionError);

        async Task<WriteResponse> PutSlowlyAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/tinykv.raw.v1.Raw/Put")
            {
                Version = new Version(2, 0),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new SlowContent(message, rest.Task),
            };
            using var response = await slow.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return WriteResponse.Parser.ParseFrom((await response.Content.ReadAsByteArrayAsync()).AsSpan(5));
        }
    }

    // A conditional write that fails changes nothing and is answered with what it found.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_does_not_read_holds_little_memory_and_hurts_nobody_else(bool isConditional)
    {
        await Raw.PutAsync(new PutRequest { Key = Bytes("k"), Value = Zeros(Limits.MaxValueBytes) });
        using var slow = new HttpClient { BaseAddress = new Uri($"http://{_cluster[1].Endpoint}") };
        // Replies of 6 MiB each, of which only the beginnings are read.
        var responses = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => AskAsync(slow, isConditional)));
        await AssertServingAsync();

        var replies = await Task.WhenAll(responses.Select(response => ReadAsync(response, isConditional)));

        Assert.InRange(replies.Count(reply => reply.Value?.Found == true), 1, 5);
        Assert.All(replies.Where(reply => reply.Value is null), reply =>
            Assert.True(reply.Refusal!.ServerIsBusy.BackoffMs > 0));
        // Those who have read are served again.
        Assert.True((await ReadAsync(await AskAsync(slow, isConditional), isConditional)).Value!.Found);
    }

    private Raw.RawClient Raw => new(_channel);

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, bool isConditional)
    {
        IMessage message = isConditional
            ? new PutIfAbsentRequest { Key = Bytes("k"), Value = Bytes("v") } : new GetRequest { Key = Bytes("k") };
        var bytes = message.ToByteArray();
        var method = isConditional ? "PutIfAbsent" : "Get";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tinykv.raw.v1.Raw/{method}")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, (byte)bytes.Length, .. bytes]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<(MaybeValue? Value, Proto.Error? Refusal)> ReadAsync(
        HttpResponseMessage response, bool isConditional)
    {
        using var body = response;
        var message = (await body.Content.ReadAsByteArrayAsync()).AsMemory(5);
        if (isConditional)
        {
            var conditional = CompareAndSetResponse.Parser.ParseFrom(message.Span);
            return (conditional.Previous, conditional.RegionError);
        }
        var got = GetResponse.Parser.ParseFrom(message.Span);
        return (got.Value, got.RegionError);
    }

    private async Task<(IRawReply Grpc, IRawReply Actor)> ExecuteAsync(OutsideSystem outside, string what)
    {
        var (half, key) = (Zeros(Limits.MaxEntryBytes / 2), Bytes("k"));
        var many = Enumerable.Repeat(key, Limits.MaxBatchCount + 1);
        return what switch
        {
            "a key" => await BothAsync(
                new GetRequest { Key = Zeros(Limits.MaxKeyBytes + 1) }, request => Raw.GetAsync(request)),
            "a value" => await BothAsync(
                new PutRequest { Key = key, Value = Zeros(Limits.MaxValueBytes + 1) }, request => Raw.PutAsync(request)),
            "a batch" => await BothAsync(new BatchGetRequest { Keys = { many } }, request => Raw.BatchGetAsync(request)),
            "a batch in bytes" => await BothAsync(
                new BatchPutRequest { Pairs = { new Pair { Key = key, Value = half }, new Pair { Key = key, Value = half } } },
                request => Raw.BatchPutAsync(request)),
            "a condition" => await BothAsync(
                new CompareAndSetRequest { Key = key, Expected = Maybe(half), Desired = Maybe(half) },
                request => Raw.CompareAndSetAsync(request)),
            "a scan" => await BothAsync(
                new ScanRequest { Limit = Limits.MaxScanLimit + 1 }, request => Raw.ScanAsync(request)),
            _ => await BothAsync(
                new DeleteRangeRequest { EndKey = Zeros(Limits.MaxKeyBytes + 2) },
                request => Raw.DeleteRangeAsync(request)),
        };

        async Task<(IRawReply, IRawReply)> BothAsync<TRequest, TReply>(
            TRequest request, Func<TRequest, AsyncUnaryCall<TReply>> call)
            where TRequest : IRawRequest<TReply> where TReply : class, IRawReply, new() =>
            (await call(request), await outside.Gateway(_cluster[1].Node).Ask<TReply>(request, TimeSpan.FromSeconds(30)));
    }

    private async Task AssertServingAsync()
    {
        await _cluster.Raw.PutAsync("served"u8.ToArray(), "yes"u8.ToArray());
        Assert.Equal("yes"u8.ToArray(), await _cluster.Raw.GetAsync("served"u8.ToArray()));
    }

    private static MaybeValue Maybe(ByteString value) => new() { Found = true, Value = value };

    private static ByteString Bytes(string text) => ByteString.CopyFrom(text, Encoding.UTF8);

    private static ByteString Zeros(int count) => UnsafeByteOperations.UnsafeWrap(new byte[count]);
}
