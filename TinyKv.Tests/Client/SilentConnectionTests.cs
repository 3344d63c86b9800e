using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using TinyKv.Client;
using TinyKv.Client.Remoting;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;

namespace TinyKv.Tests.Client;

/// <summary>A store at the other end of Akka.Remote that does not answer, and answers heartbeats.</summary>
public sealed class SilentConnectionTests : IAsyncLifetime
{
    private readonly ActorSystem _store = ActorSystem.Create("tinykv", ConfigurationFactory.ParseString("""
        akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = remote }
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """).WithFallback(ProtocolConfig.Reference));
    private readonly CancellationTokenSource _disconnected = new();

    private string Endpoint
    {
        get
        {
            var address = ((ExtendedActorSystem)_store).Provider.DefaultAddress;
            return $"{address.Host}:{address.Port}";
        }
    }

    public Task InitializeAsync()
    {
        _store.ActorOf(Props.Create(() => new Connections(_disconnected)));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _disconnected.CancelAsync();
        await _store.Terminate();
        _store.Dispose();
        _disconnected.Dispose();
    }

    [Fact]
    public async Task A_connection_over_which_nothing_comes_back_is_re_established()
    {
        StartGateway(Props.Create(() => new SilentUntil(_disconnected.Token)));
        await using var caller = Caller(timeout: TimeSpan.FromMilliseconds(200));

        var status = await Eventually.Async(() => TryAsync(caller));

        Assert.Equal(7ul, status.StoreId);
    }

    [Fact]
    public async Task A_connection_that_is_silent_for_a_moment_is_kept()
    {
        StartGateway(Props.Create(() => new SilentUntil(_disconnected.Token)));
        await using var caller = Caller(timeout: TimeSpan.FromHours(1));

        for (var i = 0; i < 5; i++) Assert.Null(await TryAsync(caller));

        Assert.False(_disconnected.IsCancellationRequested);
    }

    [Fact]
    public async Task An_answer_that_got_lost_is_not_waited_for_until_the_end()
    {
        StartGateway(Props.Create(() => new Forgetful()));
        await using var caller = Caller(timeout: TimeSpan.FromHours(1), signOfLife: TimeSpan.FromSeconds(20));
        Task<StoreStatusResponse> AskAsync() => caller.GetStatusAsync(Endpoint, Timeouts.Long);

        var lost = await Assert.ThrowsAsync<StoreCallException>(AskAsync);

        Assert.True(lost.MayBeDone);
        Assert.Contains("though it lives", lost.Message, StringComparison.Ordinal);
        Assert.Equal(7ul, (await AskAsync()).StoreId);
        Assert.False(_disconnected.IsCancellationRequested);
    }

    [Fact]
    public async Task A_call_from_an_actor_system_that_has_ended_fails_as_others_do()
    {
        StartGateway(Props.Create(() => new SilentUntil(_disconnected.Token)));
        await using var application = OutsideSystem.Friendly();
        await using var caller = Caller(timeout: TimeSpan.Zero, system: application.Actors);
        await application.Actors.Terminate();

        await Assert.ThrowsAsync<StoreCallException>(() => caller.GetStatusAsync(Endpoint, Timeouts.Long));
    }

    private RemotingCaller Caller(TimeSpan timeout, TimeSpan? signOfLife = null, ActorSystem? system = null) =>
        new(new TinyKvRemotingOptions
        {
            Endpoints = [Endpoint],
            System = system,
            AttemptTimeout = TimeSpan.FromMilliseconds(100),
            ConnectTimeout = signOfLife ?? TimeSpan.FromMilliseconds(100),
            ReplyTimeout = TimeSpan.FromMilliseconds(300),
        }, timeout);

    private void StartGateway(Props props) => _store.ActorOf(props.WithDispatcher("akka.io.pinned-dispatcher"), "gateway");

    private async Task<StoreStatusResponse?> TryAsync(RemotingCaller caller)
    {
        try
        {
            return await caller.GetStatusAsync(Endpoint, Timeouts.Long);
        }
        catch (StoreCallException)
        {
            return null;
        }
    }

    /// <summary>Stands still, and so do signs of life, until a connection was lost.</summary>
    private sealed class SilentUntil(CancellationToken disconnected) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            disconnected.WaitHandle.WaitOne();
            Sender.Tell(new StoreStatusResponse { StoreId = 7 });
        }
    }

    /// <summary>Answers all but the first.</summary>
    private sealed class Forgetful : UntypedActor
    {
        private bool _answers;

        protected override void OnReceive(object message)
        {
            if (_answers) Sender.Tell(new StoreStatusResponse { StoreId = 7 });
            _answers = true;
        }
    }

    private sealed class Connections(CancellationTokenSource disconnected) : UntypedActor
    {
        protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));

        protected override void OnReceive(object message) => disconnected.Cancel();
    }
}
