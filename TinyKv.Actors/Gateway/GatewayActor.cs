using Akka.Actor;
using Akka.Event;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.V1;

namespace TinyKv.Actors.Gateway;

/// <summary>
/// The raw API for actors, on every store at <c>/user/gateway</c>: takes the requests of <c>tinykv.v1.Raw</c> and
/// <see cref="StoreStatusRequest"/> as messages, from this system, from another over remoting or through ClusterClient,
/// and answers the sender with the replies. The other stores forward to it, too.
/// </summary>
internal sealed class GatewayActor(
    RawGateway gateway, Func<CancellationToken, Task<StoreStatusResponse>> status, TimeSpan patience) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "gateway";

    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>What makes the actor.</summary>
    public static Props Props(
        RawGateway gateway, Func<CancellationToken, Task<StoreStatusResponse>> status, TimeSpan patience) =>
        Akka.Actor.Props.Create(() => new GatewayActor(gateway, status, patience));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IRawRequest request:
                _ = gateway.ExecuteInTimeAsync(request).PipeTo(
                    Sender, useConfigureAwait: true, Self, failure: failure => Failed(request, failure));
                break;
            case StoreStatusRequest: _ = TellStatusAsync(Sender); break;
            default: Unhandled(message); break;
        }
    }

    // A failure is not sent as such: its type would have to be created on the other side.
    private IRawReply Failed(IRawRequest request, Exception failure)
    {
        _log.Error(failure, "{Request} failed", request.GetType().Name);
        return request.IsRead
            ? request.Refused(new RegionError.ServerIsBusy("the store failed to answer; its log says more"))
            : request.Unanswered();
    }

    private async Task TellStatusAsync(IActorRef asker)
    {
        var (self, log) = (Self, _log);
        using var limit = new CancellationTokenSource(patience);
        try
        {
            asker.Tell(await status(limit.Token), self);
        }
        catch (Exception failure) when (failure is AskTimeoutException or OperationCanceledException)
        {
            log.Warning("The status that {Asker} asked for was not to be had in time", asker.Path);
        }
    }
}
