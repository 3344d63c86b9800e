using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>
/// The raw API for actors, on every store at <c>/user/gateway</c>: takes the requests of <c>tinykv.raw.v1.Raw</c>, one by
/// one or many in a <see cref="RequestEnvelope"/>, and <see cref="StoreStatusRequest"/> as messages, from this system, from
/// another over remoting or through ClusterClient, and answers the sender with the replies. The other stores forward to it, too.
/// </summary>
internal sealed class GatewayActor(
    RawGateway gateway, Func<CancellationToken, Task<StoreStatusResponse>> status, TimeSpan timeout) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "gateway";

    private const int ManySystems = 1024;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRefProvider _provider = ((ExtendedActorSystem)Context.System).Provider;
    private readonly Dictionary<Address, UnreadReplies> _unread = [];
    private readonly UnreadBytes _total = new(UnreadLimit.MaxBytesOfAll);
    private Task<StoreStatusResponse>? _status;

    /// <summary>What makes the actor.</summary>
    public static Props Props(
        RawGateway gateway, Func<CancellationToken, Task<StoreStatusResponse>> status, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new GatewayActor(gateway, status, timeout));

    /// <inheritdoc/>
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IRawRequest request when UnreadBy(Sender) is { } unread: Execute(request, unread); break;
            case IRawRequest request:
                _ = gateway.ExecuteInTimeAsync(request).PipeTo(
                    Sender, useConfigureAwait: true, Self, failure: failure => gateway.Failed(request, failure));
                break;
            case RequestEnvelope envelope: Execute(envelope, UnreadBy(Sender)); break;
            case StoreStatusRequest: _ = TellStatusAsync(Sender, UnreadBy(Sender)); break;
            case ActorIdentity { MessageId: long mark } when _unread.TryGetValue(Sender.Path.Address, out var unread):
                unread.Read(mark);
                break;
            case ActorIdentity: break;
            case DisassociatedEvent { RemoteAddress: { } remote }: Forget(remote); break;
            default: Unhandled(message); break;
        }
    }

    private void Execute(IRawRequest request, UnreadReplies unread)
    {
        if (unread.IsOverfull) unread.Unanswered(_log, Context.System.Scheduler.MonotonicClock);
        else if (unread.IsFull) unread.Reply(Sender, request, UnreadReplies.Refusal(request));
        else _ = ExecuteAsync(request, Sender, unread);
    }

    private void Execute(RequestEnvelope envelope, UnreadReplies? unread)
    {
        var asker = new EnvelopeAsker(Sender, Self, unread);
        if (unread is { IsOverfull: true })
        {
            unread.Unanswered(_log, Context.System.Scheduler.MonotonicClock);
        }
        else if (envelope.Requests.Count > EnvelopeLimits.MaxRequests)
        {
            asker.Refuse(envelope);
        }
        else
        {
            var calls = asker.CallsIn(envelope);
            if (unread is { IsFull: true }) Refuse(calls);
            else gateway.Execute(calls);
        }
    }

    // Together: each message would make the connection fuller by itself.
    private static void Refuse(List<RawCall> calls)
    {
        var refusals = new Replies(calls.Count);
        foreach (var call in calls) refusals.Add(call, UnreadReplies.Refusal(call.Request));
        refusals.Tell();
    }

    private async Task ExecuteAsync(IRawRequest request, IActorRef asker, UnreadReplies unread)
    {
        IRawReply reply;
        try
        {
            reply = await gateway.ExecuteInTimeAsync(request);
        }
        catch (Exception failure)
        {
            // Not sent as such: its type would have to be created on the other side.
            reply = gateway.Failed(request, failure);
        }
        unread.Reply(asker, request, reply);
    }

    // Null: the asker is in this system, where nothing is kept on the way.
    private UnreadReplies? UnreadBy(IActorRef asker)
    {
        var address = asker.Path.Address;
        if (!address.HasGlobalScope || address == _provider.DefaultAddress) return null;
        if (_unread.TryGetValue(address, out var known)) return known;
        if (_unread.Count >= ManySystems) ForgetIdleSystems();
        var guardian = _provider.ResolveActorRef(new RootActorPath(address) / "user");
        return _unread[address] = new UnreadReplies(guardian, Self, _total);
    }

    // Whoever writes a message chooses its sender, and so the address: not each has a connection that can end.
    private void ForgetIdleSystems()
    {
        foreach (var (address, unread) in _unread)
        {
            if (unread.IsIdle) Forget(address);
        }
    }

    private void Forget(Address address)
    {
        if (_unread.Remove(address, out var unread)) unread.Close();
    }

    private async Task TellStatusAsync(IActorRef asker, UnreadReplies? unread)
    {
        if (unread is { IsFull: true }) return;
        var (self, log) = (Self, _log);
        // However many ask, the replicas are asked by one at a time.
        if (_status is not { IsCompleted: false }) _status = StatusAsync();
        try
        {
            var answer = await _status;
            if (unread is null) asker.Tell(answer, self);
            else unread.Tell(asker, answer);
        }
        catch (Exception failure) when (failure is AskTimeoutException or OperationCanceledException)
        {
            log.Warning("The status that {Asker} asked for was not to be had in time", asker.Path);
        }
    }

    private async Task<StoreStatusResponse> StatusAsync()
    {
        using var limit = new CancellationTokenSource(timeout);
        return await status(limit.Token);
    }
}
