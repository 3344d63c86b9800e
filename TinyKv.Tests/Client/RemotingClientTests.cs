using Akka.Actor;
using Akka.Configuration;
using Google.Protobuf;
using TinyKv.Client;
using TinyKv.Client.Remoting;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;

namespace TinyKv.Tests.Client;

/// <summary>Over Akka.Remote, from an actor system of the client's own.</summary>
[Trait("lane", "slow")]
public sealed class RemotingClientTests : RawClientSpec
{
    protected override TinyKvClientOptions OptionsFor(ClusterStore store) =>
        new TinyKvRemotingOptions { Endpoints = [store.RemotingEndpoint] };

    [Fact]
    public async Task A_client_may_speak_from_the_actor_system_of_the_application_and_leaves_it_running()
    {
        await using var application = OutsideSystem.Friendly();
        var options = new TinyKvRemotingOptions
        {
            Endpoints = [Cluster[1].RemotingEndpoint],
            System = application.Actors,
        };
        for (byte i = 0; i < 2; i++)
        {
            await using var client = await TinyKvClient.ConnectAsync(options, Timeouts.Long);
            await client.Raw.PutAsync(new byte[] { 1 }, new[] { i });
            Assert.Equal(i, Assert.Single((await client.Raw.GetAsync(new byte[] { 1 }))!));
        }
        Assert.False(application.Actors.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task Two_clients_share_an_actor_system_without_mixing_up_their_replies()
    {
        await using var application = OutsideSystem.Friendly();
        var options = OptionsFor(Cluster[1]) as TinyKvRemotingOptions;
        await using var a = await TinyKvClient.ConnectAsync(options! with { System = application.Actors }, Timeouts.Long);
        await using var b = await TinyKvClient.ConnectAsync(options! with { System = application.Actors }, Timeouts.Long);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var (client, key) = (i % 2 == 0 ? a : b, BitConverter.GetBytes(i));
            await client.Raw.PutAsync(key, key);
            Assert.Equal(key, await client.Raw.GetAsync(key));
        }));
    }

    [Fact]
    public async Task A_store_shows_that_it_takes_many_requests_in_a_message_and_is_sent_them()
    {
        await using var application = OutsideSystem.Friendly();
        var provider = ((ExtendedActorSystem)application.Actors).Provider;
        var link = new StoreLink(
            provider.ResolveActorRef($"akka.tcp://tinykv@{Cluster[1].RemotingEndpoint}/user/gateway"),
            new ReplyPaths(provider, 1));
        var get = new GetRequest { Key = ByteString.CopyFromUtf8("k") };

        var together = await Eventually.Async(async () =>
        {
            var call = link.Call(get);
            Assert.IsType<GetResponse>(await call.Reply.WaitAsync(Timeouts.Long));
            return call as PendingCall;
        });

        Assert.Equal(1ul, together.Number);
    }

    [Fact]
    public async Task A_port_that_takes_connections_and_says_nothing_is_told_by_that()
    {
        using var other = new OtherServer("");
        var options = new TinyKvRemotingOptions { Endpoints = [other.Address], UnreachableTimeout = TimeSpan.Zero };

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => TinyKvClient.ConnectAsync(options with { Timeout = TimeSpan.FromMinutes(2) }, Timeouts.Long));

        Assert.True(error.IsUnreachable);
        Assert.EndsWith(
            $": {other.Address}: takes connections and says nothing, expected a store's remoting port", error.Message);
    }

    [Fact]
    public async Task A_request_that_waited_for_a_silent_port_to_connect_was_not_done()
    {
        using var other = new OtherServer("");
        // Longer than remoting waits for a handshake, however busy the machine is.
        var options = new TinyKvRemotingOptions { Endpoints = [other.Address], AttemptTimeout = TimeSpan.FromMinutes(2) };
        await using var caller = new RemotingCaller(options);

        var error = await Assert.ThrowsAsync<StoreCallException>(() => caller.GetStatusAsync(other.Address, Timeouts.Long));

        Assert.Contains("takes connections and says nothing", error.Message, StringComparison.Ordinal);
        Assert.False(error.MayBeDone);
    }

    [Theory]
    [InlineData("akka.actor.provider = local", "akka.actor.provider must be remote or cluster")]
    [InlineData("akka.remote.dot-netty.tcp.maximum-frame-size = 128000b", "maximum-frame-size is 128000 bytes")]
    [InlineData("akka.actor.serialization-bindings.\"TinyKv.Protocol.Wire.Raw.V1.PutRequest, TinyKv.Protocol\" = json",
        "ProtocolConfig.Reference")]
    public async Task An_actor_system_that_is_not_configured_for_it_is_refused_by_the_setting(
        string setting, string reason)
    {
        var config = ConfigurationFactory.ParseString($$"""
            {{setting}}
            """).WithFallback(ConfigurationFactory.ParseString("""
            akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = remote }
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, maximum-frame-size = 16MiB }
            """)).WithFallback(ProtocolConfig.Reference);
        using var system = ActorSystem.Create("application", config);

        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(
            () => TinyKvClient.ConnectAsync(new TinyKvRemotingOptions { System = system }, Timeouts.Long));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        await system.Terminate();
    }
}
