using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using TinyKv.Client;
using TinyKv.Client.Remoting;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.V1;
using TinyKv.Tests.Actors.Nodes;

namespace TinyKv.Tests.Client;

/// <summary>A connection over Akka.Remote that answers heartbeats, and delivers nothing.</summary>
public sealed class SilentConnectionTests
{
    [Fact]
    public async Task A_connection_over_which_nothing_comes_back_is_made_anew()
    {
        using var store = ActorSystem.Create("tinykv", ConfigurationFactory.ParseString("""
            akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = remote }
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            """).WithFallback(ProtocolConfig.Reference));
        using var connectedAnew = new ManualResetEventSlim();
        store.ActorOf(Props.Create(() => new Gateway(connectedAnew)).WithDispatcher("akka.io.pinned-dispatcher"), "gateway");
        store.ActorOf(Props.Create(() => new Connections(connectedAnew)));
        var address = ((ExtendedActorSystem)store).Provider.DefaultAddress;
        var endpoint = $"{address.Host}:{address.Port}";
        await using var caller = new RemotingCaller(new TinyKvRemotingOptions
        {
            Endpoints = [endpoint],
            AttemptTimeout = TimeSpan.FromMilliseconds(100),
            ConnectTimeout = TimeSpan.FromMilliseconds(100),
        });

        var status = await Eventually.Async(async () =>
        {
            try
            {
                return await caller.GetStatusAsync(endpoint, Patience.Long);
            }
            catch (StoreCallException)
            {
                return null;
            }
        });

        Assert.Equal(7ul, status.StoreId);
        connectedAnew.Set();
        await store.Terminate();
    }

    /// <summary>Answers only once a connection was lost.</summary>
    private sealed class Gateway(ManualResetEventSlim connectedAnew) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            connectedAnew.Wait();
            Sender.Tell(new StoreStatusResponse { StoreId = 7 });
        }
    }

    private sealed class Connections(ManualResetEventSlim connectedAnew) : UntypedActor
    {
        protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));

        protected override void OnReceive(object message) => connectedAnew.Set();
    }
}
