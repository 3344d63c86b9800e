using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Client;

/// <summary>A store gave no usable answer.</summary>
/// <param name="mayBeDone">Whether the store may have received the request.</param>
/// <param name="message">Names the store and what happened.</param>
/// <param name="cause">What gRPC reported.</param>
internal sealed class StoreCallException(string message, bool mayBeDone, Exception? cause = null)
    : Exception(message, cause)
{
    public bool MayBeDone => mayBeDone;
}

/// <summary>Single calls to single stores: connections, time-outs, and what their failures mean.</summary>
internal sealed class StoreCaller(TinyKvClientOptions options) : IDisposable
{
    // Long enough that an election comes first, short enough that a store that only paused is not missed.
    private static readonly TimeSpan ShunHung = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ShunUnreachable = TimeSpan.FromMilliseconds(500);

    // A scan's page, or one value of the largest size.
    private const int MaxReplyBytes = Limits.MaxValueBytes + Limits.MaxScanPageBytes;

    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();
    private readonly ConcurrentDictionary<string, long> _shunnedUntil = new();

    /// <summary>Whether an address failed just now, so that others should be tried before it.</summary>
    public bool IsShunned(string address) =>
        _shunnedUntil.TryGetValue(address, out var until) && Environment.TickCount64 < until;

    /// <summary>
    /// Calls a store. A slow one is waited for as long as it gives signs of life: giving up a write early
    /// would only make its outcome unknown.
    /// </summary>
    /// <exception cref="StoreCallException">The store did not answer, or failed.</exception>
    /// <exception cref="TinyKvInvalidRequestException">The store says that the request is wrong.</exception>
    public async Task<T> CallAsync<T>(
        string address,
        Func<GrpcChannel, CallOptions, AsyncUnaryCall<T>> start,
        CancellationToken cancellation)
    {
        using var call = start(ChannelTo(address), Options(cancellation));
        try
        {
            while (true)
            {
                try
                {
                    var reply = await call.ResponseAsync.WaitAsync(options.AttemptTimeout, cancellation);
                    _shunnedUntil.TryRemove(address, out _);
                    return reply;
                }
                catch (TimeoutException e)
                {
                    if (await IsAliveAsync(address, cancellation)) continue;
                    // Asking took a while: the answer may have come meanwhile.
                    if (call.ResponseAsync.IsCompleted) continue;
                    Shun(address, ShunHung);
                    throw new StoreCallException($"{address} is silent", mayBeDone: true, e);
                }
            }
        }
        catch (RpcException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Translate(address, e);
        }
    }

    public void Dispose()
    {
        foreach (var channel in _channels.Values) channel.Value.Dispose();
    }

    private async Task<bool> IsAliveAsync(string address, CancellationToken cancellation)
    {
        var scheduler = new Scheduler.SchedulerClient(ChannelTo(address));
        using var call = scheduler.GetMembersAsync(new GetMembersRequest(), Options(cancellation));
        try
        {
            await call.ResponseAsync.WaitAsync(options.ConnectTimeout, cancellation);
            return true;
        }
        catch (RpcException e)
        {
            cancellation.ThrowIfCancellationRequested();
            return e.StatusCode is not (StatusCode.Unavailable or StatusCode.Cancelled);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private Exception Translate(string address, RpcException e)
    {
        var message = $"{address}: {e.Status.Detail}";
        switch (e.StatusCode)
        {
            case StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition
                or StatusCode.Unimplemented or StatusCode.ResourceExhausted
                or StatusCode.PermissionDenied or StatusCode.Unauthenticated:
                return new TinyKvInvalidRequestException(message);
            case StatusCode.Unavailable:
                Shun(address, ShunUnreachable);
                break;
        }
        return new StoreCallException(message, mayBeDone: !NeverConnected(e), e);
    }

    private void Shun(string address, TimeSpan time) =>
        _shunnedUntil[address] = Environment.TickCount64 + (long)time.TotalMilliseconds;

    private static bool NeverConnected(RpcException e) =>
        e.Status.DebugException is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
        };

    private static CallOptions Options(CancellationToken cancellation) =>
        new(cancellationToken: cancellation);

    private GrpcChannel ChannelTo(string address) => _channels.GetOrAdd(address, Prepare).Value;

    private Lazy<GrpcChannel> Prepare(string address)
    {
        // Other stores' addresses are what the cluster says they are.
        if (!HostPort.TryParse(address, out _))
            throw new StoreCallException($"'{address}' is not a store's address: {HostPort.Expected}", false);
        return new Lazy<GrpcChannel>(() => Open(address));
    }

    private GrpcChannel Open(string address)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            UseProxy = false,
            // Also keeps gRPC from managing connections itself: its pauses between attempts grow to minutes.
            ConnectCallback = ConnectAsync,
        };
        return GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReplyBytes,
            MaxSendMessageSize = null,
        });
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(options.ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, timeout.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException("the connection could not be opened in time", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
