using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using Akka.Remote;
using Grpc.Core;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using Wire = TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client.Remoting;

/// <summary>Messages to the gateways of the stores.</summary>
internal sealed class RemotingCaller : StoreCaller
{
    // As the stores name their actor systems.
    private const string StoreSystem = "tinykv";

    // Longer than remoting itself waits for a heartbeat: until then a large reply may be on its way, and hold up others.
    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(8);

    // What remoting says when a connection came up and nothing came back over it.
    private const string HandshakeTimedOut = "Handshake timed out";

    private readonly ConcurrentDictionary<string, StoreLink> _links = new();

    // Whether what is there has only taken connections; absent: it has not even done that.
    private readonly ConcurrentDictionary<string, bool> _mute = new();
    private readonly ActorSystem _system;
    private readonly IRemoteActorRefProvider _provider;
    private readonly ReplyPaths _paths;
    private readonly IActorRef _events;
    private readonly bool _ownsSystem;
    private readonly TimeSpan _silenceTimeout;

    /// <exception cref="TinyKvInvalidRequestException">The application's actor system is not configured for
    /// it.</exception>
    public RemotingCaller(TinyKvRemotingOptions options, TimeSpan? silenceTimeout = null) : base(options)
    {
        (ReplyTimeout, _silenceTimeout) = (options.ReplyTimeout, silenceTimeout ?? SilenceTimeout);
        if (options.System is { } given) ClientSystem.Check(given);
        (_system, _ownsSystem) = (options.System ?? ClientSystem.Start(options.Endpoints[0]), options.System is null);
        _provider = (IRemoteActorRefProvider)((ExtendedActorSystem)_system).Provider;
        _paths = new ReplyPaths(_provider, (ulong)Random.Shared.NextInt64());
        _events = _system.ActorOf(LinkEvents.Props(Broke, Failed));
    }

    protected override TimeSpan ReplyTimeout { get; }

    protected override string ExpectedPort => "a store's remoting port";

    public override async Task<TReply> CallAsync<TReply>(
        string address, IRawRequest<TReply> request, CancellationToken cancellation)
    {
        var link = LinkTo(address);
        var call = request is IRoutedRequest routed ? link.Call(routed) : link.Send(request);
        return await ReplyAsync(address, link, call, cancellation) switch
        {
            TReply reply => reply,
            Wire.Failure failure => throw new StoreCallException(
                $"{address}: {failure.Message}", mayBeDone: !IsRefusal((StatusCode)failure.Code)),
            _ => throw new StoreCallException($"{address}: an answer of another kind", mayBeDone: true),
        };
    }

    public override async Task<StoreStatusResponse> GetStatusAsync(string address, CancellationToken cancellation)
    {
        var link = LinkTo(address);
        return await ReplyAsync(address, link, link.Send(new StoreStatusRequest()), cancellation) as StoreStatusResponse
            ?? throw new StoreCallException($"{address}: an answer of another kind", mayBeDone: false);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_ownsSystem) await _system.Terminate();
        else _system.Stop(_events);
        foreach (var link in _links.Values) link.Close();
    }

    protected override async Task<bool> IsAliveAsync(string address, CancellationToken cancellation)
    {
        var link = LinkTo(address);
        var promise = link.Send(new Identify(null));
        try
        {
            await promise.Reply.WaitAsync(Options.ConnectTimeout, cancellation);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or LinkFailedException)
        {
            return false;
        }
        finally
        {
            link.Forget(promise);
        }
    }

    protected override bool IsMute(string address) => _mute.GetValueOrDefault(address);

    /// <remarks>A connection may answer heartbeats and deliver nothing, and is then re-established.</remarks>
    protected override void OnSilent(string address)
    {
        var link = LinkTo(address);
        if (link.Silence < _silenceTimeout) return;
        link.Heard();
        try
        {
            // Without the incarnation nobody is shut out: remoting only starts over.
            _provider.Quarantine(link.Address, uid: null);
        }
        catch (RemoteTransportException)
        {
            // The actor system ends, and with it all connections.
        }
    }

    // The request was not even begun.
    private static bool IsRefusal(StatusCode code) => code is StatusCode.Unimplemented or StatusCode.ResourceExhausted;

    private async Task<object> ReplyAsync(
        string address, StoreLink link, ILinkCall call, CancellationToken cancellation)
    {
        try
        {
            var reply = await WaitAsync(address, call.Reply, cancellation);
            if (_mute.GetValueOrDefault(address, true)) _mute[address] = false;
            return reply;
        }
        catch (LinkFailedException e)
        {
            ShunUnreachableStore(address);
            if (!e.MayBeDone && IsMute(address))
                throw StoreCallException.NeverHeard(address, Expected(address), e, mayBeDone: false);
            throw new StoreCallException(e.Message, e.MayBeDone, e)
            {
                Failure = e.MayBeDone ? CallFailure.Passing : CallFailure.Unreachable,
            };
        }
        catch (Exception e) when (!call.IsSent)
        {
            link.Forget(call);
            if (call.IsSent) throw;
            throw NeverSent(e);
        }
        finally
        {
            link.Forget(call);
        }
    }

    private void Broke(Address address)
    {
        if (EndpointOf(address) is { } endpoint && _links.TryGetValue(endpoint, out var link)) link.Break();
    }

    private void Failed(AssociationErrorEvent error)
    {
        if (EndpointOf(error.RemoteAddress) is not { } endpoint || !_links.ContainsKey(endpoint)) return;
        if (error.Cause.ToString().Contains(HandshakeTimedOut, StringComparison.Ordinal)) _mute.TryAdd(endpoint, true);
        else _mute.TryRemove(KeyValuePair.Create(endpoint, true));
    }

    private static string? EndpointOf(Address? address) => address is { Host: { } host, Port: { } port }
        ? $"{host}:{port.ToString(CultureInfo.InvariantCulture)}" : null;

    private StoreLink LinkTo(string address) => _links.GetOrAdd(address, static (address, paths) => new StoreLink(
        paths.Provider.ResolveActorRef($"akka.tcp://{StoreSystem}@{Require(address)}/user/gateway"), paths), _paths);
}
