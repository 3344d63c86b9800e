using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Client.Grpc;

/// <summary>Calls over gRPC: what is short by the stream to its store, the rest by calls of its own.</summary>
internal sealed class GrpcCaller : StoreCaller
{
    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();

    // Absent: an address has not taken a connection yet.
    private readonly ConcurrentDictionary<string, Greeting> _greetings = new();

    private readonly RequestStreams _streams;

    public GrpcCaller(TinyKvClientOptions options) : base(options) => _streams = new RequestStreams(
        options,
        address =>
        {
            var stub = new Raw.RawClient(ChannelTo(address));
            return () => stub.Stream();
        },
        Broken,
        address => IsAliveAsync(address, CancellationToken.None),
        address => GiveUp(address, new TimeoutException()));

    public override Task<TReply> CallAsync<TReply>(
        string address, IRawRequest<TReply> request, CancellationToken cancellation) =>
        _streams.Take(address, request) is { } call
            ? StreamAsync(address, request, call, cancellation) : CallAloneAsync(address, request, cancellation);

    public override Task<StoreStatusResponse> GetStatusAsync(string address, CancellationToken cancellation) =>
        CallAsync(
            address, (channel, call) => new Admin.AdminClient(channel).GetStoreStatusAsync(new(), call),
            cancellation);

    /// <summary>Makes a call of any service.</summary>
    /// <param name="address">Whom to ask.</param>
    /// <param name="start">Starts the call.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="everyStoreHasIt">Whether what does not know the call can be no store.</param>
    /// <exception cref="StoreCallException">The store did not answer, or failed.</exception>
    /// <exception cref="TinyKvInvalidRequestException">The store says that the request is wrong.</exception>
    public async Task<T> CallAsync<T>(
        string address,
        Func<GrpcChannel, CallOptions, AsyncUnaryCall<T>> start,
        CancellationToken cancellation,
        bool everyStoreHasIt = false)
    {
        using var call = start(ChannelTo(address), new CallOptions(cancellationToken: cancellation));
        try
        {
            return await WaitAsync(address, call.ResponseAsync, cancellation);
        }
        catch (RpcException e)
        {
            cancellation.ThrowIfCancellationRequested();
            if (everyStoreHasIt && GrpcFailures.IsOfAnotherServer(e)) throw GrpcFailures.NotAStore(address, e);
            throw Translate(address, e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _streams.DisposeAsync();
        foreach (var channel in _channels.Values) channel.Value.Dispose();
    }

    protected override async Task<bool> IsAliveAsync(string address, CancellationToken cancellation)
    {
        var scheduler = new Scheduler.SchedulerClient(ChannelTo(address));
        using var call = scheduler.GetMembersAsync(
            new GetMembersRequest(), new CallOptions(cancellationToken: cancellation));
        try
        {
            await call.ResponseAsync.WaitAsync(Options.ConnectTimeout, cancellation);
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

    protected override string ExpectedPort => "a store's gRPC port";

    protected override bool IsMute(string address) =>
        _greetings.TryGetValue(address, out var greeting) && greeting == Greeting.None;

    private async Task<TReply> StreamAsync<TReply>(
        string address, IRawRequest<TReply> request, PendingCall call, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        var stream = _streams.Send(address, call);
        object reply;
        try
        {
            await using var giveUp = cancellation.UnsafeRegister(
                static (call, token) => ((PendingCall)call!).TrySetCanceled(token), call);
            reply = await call.Task;
            Answered(address);
        }
        catch (Exception e)
        {
            stream.Abandon(call);
            if (call.IsSent) throw;
            throw NeverSent(e);
        }
        switch (reply)
        {
            case TReply answer:
                return answer;
            case Failure failure:
                throw Translate(address, new RpcException(new Status((StatusCode)failure.Code, failure.Message)));
            case var none when none == RequestStream.NoStreams:
                _streams.GoWithout(address);
                return await CallAloneAsync(address, request, cancellation);
            default:
                throw new StoreCallException($"{address}: an answer of another kind", mayBeDone: true);
        }
    }

    private Task<TReply> CallAloneAsync<TReply>(
        string address, IRawRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new() =>
        CallAsync(address, (channel, call) => Start(new Raw.RawClient(channel), request, call), cancellation);

    private static AsyncUnaryCall<TReply> Start<TReply>(
        Raw.RawClient stub, IRawRequest<TReply> request, CallOptions call) where TReply : class, IRawReply, new()
    {
        object started = request switch
        {
            GetRequest get => stub.GetAsync(get, call),
            PutRequest put => stub.PutAsync(put, call),
            DeleteRequest delete => stub.DeleteAsync(delete, call),
            BatchGetRequest batch => stub.BatchGetAsync(batch, call),
            BatchPutRequest batch => stub.BatchPutAsync(batch, call),
            BatchDeleteRequest batch => stub.BatchDeleteAsync(batch, call),
            DeleteRangeRequest range => stub.DeleteRangeAsync(range, call),
            CompareAndSetRequest cas => stub.CompareAndSetAsync(cas, call),
            PutIfAbsentRequest put => stub.PutIfAbsentAsync(put, call),
            ScanRequest scan => stub.ScanAsync(scan, call),
            _ => throw new UnreachableException($"{request.GetType()}"),
        };
        return (AsyncUnaryCall<TReply>)started;
    }

    private Exception Translate(string address, RpcException e)
    {
        if (e.StatusCode is StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition
            or StatusCode.Unimplemented or StatusCode.ResourceExhausted
            or StatusCode.PermissionDenied or StatusCode.Unauthenticated
            or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.Aborted)
        {
            return new TinyKvInvalidRequestException($"{address}: {e.Status.Detail}");
        }
        return Broken(address, e);
    }

    // Of a stream, whatever its status: no single caller's request is to blame for it.
    private StoreCallException Broken(string address, RpcException e)
    {
        var failure = GrpcFailures.Of(address, e, _greetings.GetValueOrDefault(address), Expected(address));
        if (e.StatusCode == StatusCode.Unavailable || failure.Failure != CallFailure.Passing)
            ShunUnreachableStore(address);
        return failure;
    }

    private GrpcChannel ChannelTo(string address) => _channels.GetOrAdd(address, Prepare).Value;

    private Lazy<GrpcChannel> Prepare(string address)
    {
        Require(address);
        return new Lazy<GrpcChannel>(() => Channels.Open(address, Options.ConnectTimeout,
            greeting => _greetings.AddOrUpdate(address, greeting, (_, before) => before > greeting ? before : greeting)));
    }
}
