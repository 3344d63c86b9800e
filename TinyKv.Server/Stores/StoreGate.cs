using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;

namespace TinyKv.Server.Stores;

/// <summary>
/// Between the ports and the store. The ports are bound before the store touches its data, so that a port in
/// use is found first; until the gate opens, and once it has closed, calls are refused.
/// </summary>
internal sealed class StoreGate
{
    // Not disposed: it has no timer, and streams may ask for it after the end.
    private readonly CancellationTokenSource _closing = new();
    private volatile IServedStore? _store;

    /// <summary>The store.</summary>
    /// <exception cref="RpcException">The store is starting or stopping; nothing was done.</exception>
    public IServedStore Store => WhyClosed is { } reason
        ? throw new RpcException(new Status(StatusCode.Unavailable, reason)) : _store!;

    /// <summary>
    /// Takes raw requests. While the gate is closed it is a gateway that leads no region: a failed call would leave the
    /// caller in doubt whether its write was done.
    /// </summary>
    public IRawGateway Raw => Served?.Raw ?? LeadsNothing.Instance;

    /// <summary>Why the store has ended itself; null as long as it has not.</summary>
    public string? Failure => _store?.Terminated.Exception?.GetBaseException().Message;

    /// <summary>Why the store cannot be expected to serve; null when it can.</summary>
    public string? WhyNotReady => WhyClosed
        ?? (Served is { IsReady: true } ? null : "a replica knows no leader, or has not caught up with it");

    /// <summary>Ends long-lived streams when the gate closes.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Lets calls through.</summary>
    public void Open(IServedStore store) => _store = store;

    /// <summary>Refuses calls from now on and reports not ready, so that clients go elsewhere.</summary>
    public void Close() => _closing.Cancel();

    private IServedStore? Served =>
        _closing.IsCancellationRequested || _store is { Terminated.IsCompleted: true } ? null : _store;

    private string? WhyClosed => _closing.IsCancellationRequested ? "the store is stopping"
        : Failure is { } reason ? $"the store has ended itself: {reason}"
        : _store is null ? "the store is starting" : null;

    private sealed class LeadsNothing : IRawGateway
    {
        public static LeadsNothing Instance { get; } = new();

        public Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, CancellationToken cancellation)
            where TReply : class, IRawReply, new()
        {
            return Task.FromResult((TReply)Refused(request));
        }

        public void Execute(IReadOnlyList<RawCall> calls)
        {
            foreach (var call in calls) call.Answer(Refused(call.Request));
        }

        private static IRawReply Refused(IRawRequest request)
        {
            RegionId? region = request.Context is { } context ? new RegionId(context.RegionId) : null;
            var reply = request.NewReply();
            reply.RegionError = RegionErrors.ToWire(new RegionError.NotLeader(region, null));
            return reply;
        }
    }
}
