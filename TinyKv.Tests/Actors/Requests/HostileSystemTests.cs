using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote;
using Google.Protobuf;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>What other actor systems send must not hurt a store: every test sends it, then uses the store.</summary>
[Trait("lane", "slow")]
public sealed class HostileSystemTests : IAsyncLifetime
{
    private static readonly string[] Paths =
        ["/user/gateway", "/user/store", "/user/store/region-1", "/user/store/region-1/peer", "/user/raft-transport",
         "/user/placement", "/system/receptionist", "/user", "/system", "/"];

    private readonly TestCluster _cluster = new(1);
    private readonly OutsideSystem _hostile = OutsideSystem.Hostile();
    private readonly OutsideSystem _friendly = OutsideSystem.Friendly();

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync();
        await _cluster.LeaderAsync();
    }

    public async Task DisposeAsync()
    {
        await _hostile.DisposeAsync();
        await _friendly.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    public static TheoryData<string, object> Messages => new()
    {
        { "an actor command", PoisonPill.Instance },
        { "an actor command that throws", Kill.Instance },
        { "JSON of any type", new Uri("http://localhost") },
        { "a plain text", "hello" },
        { "protobuf by type name", new Google.Protobuf.WellKnownTypes.Duration() },
        { "a failure with a type", new Akka.Actor.Status.Failure(new InvalidOperationException("x")) },
        { "an unknown manifest", new Evil("zz", [1, 2, 3]) },
        { "junk under a known manifest", new Evil("G", [0xFF, 0xFF]) },
        { "a serializer that the store does not have", new Foreign("System.Uri") },
        { "requests that are none", new Evil("E", [0x0A, 0x00, 0x0A, 0x02, 0x08, 0x01]) },
        { "junk in the place of many requests", new Evil("E", [0xFF, 0xFF]) },
        { "millions of requests", new Evil("E", [.. Enumerable.Range(0, 4_000_000).Select(i => (byte)(i % 2 == 0 ? 0x0A : 0))]) },
        { "replies that nobody waits for", new Evil("e", [0x0A, 0x02, 0x08, 0x01]) },
        { "a frame that is too large", new Evil("G", new byte[17 * 1024 * 1024]) },
        { "a batch, which does not come this way", new Evil("m", [0xFF, 0xFF]) },
        { "a journal event", new Evil("b", []) },
        { "a reply that nobody asked for", new Evil("w", []) },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_message_to_any_actor_leaves_the_store_serving(string what, object message)
    {
        var gateway = await IdentityAsync();
        foreach (var path in Paths) _hostile.Find(_cluster[1], path).Tell(message);
        foreach (var path in new[] { "/user/gateway", "/user/*", "/user/store/*", "/system/*" })
            _hostile.Actors.ActorSelection($"akka.tcp://tinykv@{_cluster[1].Settings.Self.Remoting}{path}").Tell(message);

        await AssertUnhurtAsync(gateway, what);
    }

    [Fact]
    public async Task System_messages_leave_the_store_serving()
    {
        var gateway = await IdentityAsync();
        var here = _hostile.Actors.ActorOf(Props.Create(() => new Nothing()));
        foreach (var path in Paths)
        {
            var target = (IInternalActorRef)_hostile.Find(_cluster[1], path);
            target.SendSystemMessage(new Terminate());
            target.SendSystemMessage(new Suspend());
            target.SendSystemMessage(new Recreate(new InvalidOperationException("x")));
            target.SendSystemMessage(new Watch(target, (IInternalActorRef)here));
            foreach (var child in Paths)
                target.SendSystemMessage(new DeathWatchNotification(_hostile.Find(_cluster[1], child), true, false));
        }

        await AssertUnhurtAsync(gateway, "system messages");
    }

    [Fact]
    public async Task Nobody_outside_creates_actors_in_a_store()
    {
        var gateway = await IdentityAsync();
        var address = Address.Parse($"akka.tcp://tinykv@{_cluster[1].Settings.Self.Remoting}");
        Trojan.Created = 0;

        _hostile.Actors.ActorOf(Props.Create(() => new Trojan())
            .WithDeploy(Deploy.None.WithScope(new RemoteScope(address))), "trojan");

        await AssertUnhurtAsync(gateway, "remote deployment");
        Assert.Equal(0, Volatile.Read(ref Trojan.Created));
    }

    // The gateway is the same actor as before, the sender's connection lives or comes back, and the store serves.
    private async Task AssertUnhurtAsync(IActorRef gateway, string what)
    {
        var key = ByteString.CopyFromUtf8(what);
        // Behind everything that was sent before, on the connection that it was sent over.
        await Eventually.Async(async () =>
        {
            try
            {
                return await _hostile.Gateway(_cluster[1]).Ask<ActorIdentity>(new Identify(what), TimeSpan.FromSeconds(2));
            }
            catch (AskTimeoutException)
            {
                return null;
            }
        });
        var reply = await _friendly.Gateway(_cluster[1]).Ask<WriteResponse>(
            new PutRequest { Key = key, Value = key }, TimeSpan.FromSeconds(30));
        Assert.Null(reply.RegionError);
        Assert.Equal(gateway, await IdentityAsync());
        Assert.False(_cluster[1].Terminated.IsCompleted);
        Assert.Single(Akka.Cluster.Cluster.Get(_cluster[1].System).State.Members);
    }

    [Fact]
    public async Task A_system_that_quarantines_the_store_leaves_it_serving()
    {
        var store = _cluster[1].System;
        var outside = ((ExtendedActorSystem)_hostile.Actors).Provider.DefaultAddress;

        store.EventStream.Publish(
            new ThisActorSystemQuarantinedEvent(Akka.Cluster.Cluster.Get(store).SelfAddress, outside));

        // Behind what it was told.
        await store.ActorSelection("/user/failure-watch").Ask<ActorIdentity>(new Identify(1), Timeouts.Long);
        await AssertUnhurtAsync(await IdentityAsync(), "a quarantine");
    }

    private async Task<IActorRef> IdentityAsync() =>
        await _cluster[1].System.ActorSelection("/user/gateway").ResolveOne(TimeSpan.FromSeconds(20));

    private sealed class Nothing : ReceiveActor;

    private sealed class Trojan : ReceiveActor
    {
        public static int Created;

        public Trojan() => Interlocked.Increment(ref Created);
    }
}
