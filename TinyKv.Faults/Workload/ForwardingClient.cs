using System.Collections.Concurrent;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Client;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing.Linearizability;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Workload;

/// <summary>
/// Plain gRPC calls to one store after the other, as a program without the client makes them: the store that is asked
/// finds the leader.
/// </summary>
internal sealed class ForwardingClient : IWorkloadClient
{
    // Longer than a store looks for the leader.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(7);

    // Of all stores there were: the addresses of those that have gone are used again.
    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new(StringComparer.Ordinal);
    private readonly ProcessCluster _cluster;
    private int _calls;

    private ForwardingClient(ProcessCluster cluster) => _cluster = cluster;

    /// <inheritdoc/>
    public string Name => "forwarding";

    /// <summary>Connects, to each store when it is asked.</summary>
    public static Task<IWorkloadClient> ConnectAsync(ProcessCluster cluster) =>
        Task.FromResult<IWorkloadClient>(new ForwardingClient(cluster));

    /// <inheritdoc/>
    public async Task<RegisterOutput> CallAsync(string key, RegisterInput input, CancellationToken cancellation)
    {
        var endpoints = _cluster.Endpoints;
        var endpoint = endpoints[(int)((uint)Interlocked.Increment(ref _calls) % endpoints.Count)];
        var store = new Raw.RawClient(_channels.GetOrAdd(endpoint, each => new(() => Open(each))).Value);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(CallTimeout);
        try
        {
            return await CallAsync(store, ByteString.CopyFromUtf8(key), input, new CallOptions(cancellationToken: limit.Token));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument or StatusCode.OutOfRange
            or StatusCode.FailedPrecondition or StatusCode.Unimplemented or StatusCode.ResourceExhausted)
        {
            throw new TinyKvInvalidRequestException(e.Status.Detail);
        }
        catch (RpcException e) when (input is RegisterInput.Get || NeverConnected(e))
        {
            throw new TinyKvUnavailableException(e.Status.Detail, e);
        }
        catch (RpcException e)
        {
            throw new TinyKvUndeterminedException(e.Status.Detail, e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values) channel.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    // With a callback of ours connections are re-established at once; otherwise gRPC waits longer after each failure.
    private static GrpcChannel Open(string endpoint) => GrpcChannel.ForAddress($"http://{endpoint}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        },
        DisposeHttpClient = true,
    });

    private static async Task<RegisterOutput> CallAsync(
        Raw.RawClient store, ByteString key, RegisterInput input, CallOptions call)
    {
        switch (input)
        {
            case RegisterInput.Get:
                var got = Checked(await store.GetAsync(new GetRequest { Key = key }, call));
                return new RegisterOutput.Found(Read(got.Value));
            case RegisterInput.Put put:
                Checked(await store.PutAsync(new PutRequest { Key = key, Value = Bytes(put.Value) }, call));
                return new RegisterOutput.Done();
            case RegisterInput.Delete:
                Checked(await store.DeleteAsync(new DeleteRequest { Key = key }, call));
                return new RegisterOutput.Done();
            case RegisterInput.PutIfAbsent put:
                return Swapped(await store.PutIfAbsentAsync(
                    new PutIfAbsentRequest { Key = key, Value = Bytes(put.Value) }, call));
            case RegisterInput.CompareAndSet swap:
                return Swapped(await store.CompareAndSetAsync(new CompareAndSetRequest
                {
                    Key = key,
                    Expected = Maybe(swap.Expected),
                    Desired = Maybe(swap.Desired),
                }, call));
            default:
                throw new ArgumentException($"unknown call {input}", nameof(input));
        }
    }

    private static T Checked<T>(T reply) where T : IRawReply
    {
        if (reply.Error.Length > 0) throw new TinyKvInvalidRequestException(reply.Error);
        return reply.RegionError switch
        {
            null => reply,
            { StaleCommand: not null } unknown => throw new TinyKvUndeterminedException(unknown.Message),
            var refused => throw new TinyKvUnavailableException(refused.Message),
        };
    }

    private static bool NeverConnected(RpcException e) => e.Status.DebugException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError,
    };

    private static RegisterOutput.Swapped Swapped(CompareAndSetResponse reply) =>
        new(Checked(reply).Succeeded, Read(reply.Previous));

    private static long? Read(MaybeValue? value) => value is { Found: true } ? SizedValue.Decode(value.Value.Span) : null;

    private static MaybeValue Maybe(long? value) =>
        value is { } known ? new MaybeValue { Found = true, Value = Bytes(known) } : new MaybeValue();

    private static ByteString Bytes(long value) => UnsafeByteOperations.UnsafeWrap(SizedValue.Encode(value));
}
