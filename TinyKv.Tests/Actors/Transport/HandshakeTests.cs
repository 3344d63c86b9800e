using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Stores;
using TinyKv.Tests.Core.Stores;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Actors.Transport;

public sealed class HandshakeTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    // It has joined the cluster after the others.
    private static readonly StoreId Joined = new(1004);

    private readonly TestProbe _two;
    private readonly TestProbe _four;
    private readonly TestProbe _transport;
    private readonly TestProbe _regions;
    private readonly List<(StoreRecord Record, Action<Exception?> Done)> _saves = [];
    private readonly SemaphoreSlim _saveBegan = new(0);
    private volatile RegisteredStore[] _registered = [];

    public HandshakeTests() : base("akka.loglevel = INFO") => (_two, _four, _transport, _regions) =
        (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());

    [Fact]
    public async Task Nothing_follows_from_an_introduction_before_it_is_durable()
    {
        var (_, again, save) = await FormAndRestartTwoAsync();
        Assert.Equal(again.Record.Incarnation, save.Record.Stores[2].Incarnation);
        Assert.False(_transport.HasMessages);
        save.Done(null);

        Assert.Equal(new Listen(new StoreId(2), again.Record.Incarnation), await _transport.ExpectMsgAsync<Listen>(WaitTimeout));
        var reply = await ReplyToAsync(again);
        Assert.Equal((0U, again.Record.Incarnation), (reply.Refusal, reply.HelloIncarnation));
    }

    [Fact]
    public async Task The_regions_begin_when_the_cluster_is_formed_and_their_creation_is_kept()
    {
        var handshake = Start(Met.Fresh(1, 1, 2));
        await FormAsync(handshake, Met.Store(2, Met.Fresh(2, 1, 2)));
        await _regions.ExpectMsgAsync<Begin>(WaitTimeout);

        handshake.Tell(Bootstrapped.Instance);

        Assert.True((await SaveAsync()).Record.IsBootstrapped);
    }

    [Fact]
    public async Task A_formed_store_begins_without_anybody_and_listens_to_whom_it_knows()
    {
        var known = Met.Three()[0].Restart().Record;

        Start(known);

        await _regions.ExpectMsgAsync<Begin>(WaitTimeout);
        Assert.Equal(known.Stores[2].Incarnation, (await _transport.ExpectMsgAsync<Listen>(WaitTimeout)).Incarnation);
        Assert.Empty(_saves);
    }

    [Fact]
    public async Task A_stranger_is_told_why_and_changes_nothing()
    {
        var handshake = Start(Met.Fresh(1, 1, 2));
        var stranger = CreateTestProbe();

        await EventFilter.Warning(start: "Refused akka://").ExpectAsync(10, async () =>
        {
            for (var i = 0; i < 30; i++)
                handshake.Tell(HelloWire.ToWire(Met.Store(9, Met.Fresh(9, 1, 2, 9)).HelloTo(new StoreId(1))), stranger);
            for (var i = 0; i < 30; i++)
                Assert.Equal((uint)RefusalKind.InitialStores,
                    (await stranger.ExpectMsgAsync<Wire.StoreHelloReply>(WaitTimeout)).Refusal);
        });

        Assert.Equal("waiting", Assert.Single((await DescribeAsync(handshake)).Others).State);
    }

    [Fact]
    public async Task A_store_that_is_not_where_it_is_configured_is_refused()
    {
        var handshake = Start(Met.Fresh(1, 1, 2), two: new Elsewhere());
        var two = Met.Store(2, Met.Fresh(2, 1, 2));

        Tell(handshake, two);

        var reply = await ReplyToAsync(two);
        Assert.Equal((uint)RefusalKind.Cluster, reply.Refusal);
        Assert.Contains("but is configured to be at akka.tcp://tinykv@elsewhere:1", reply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Junk_does_no_harm()
    {
        var handshake = Start(Met.Fresh(1, 1, 2));
        handshake.Tell(new Wire.StoreHello(), _two.Ref);
        handshake.Tell(new Wire.StoreHelloReply { Refusal = 99, FromStore = 2, Incarnation = 1 }, _two.Ref);

        await FormAsync(handshake, Met.Store(2, Met.Fresh(2, 1, 2)));
    }

    [Fact]
    public async Task An_empty_directory_ends_the_store_with_the_reason_of_its_peers()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        var handshake = Start(Met.Fresh(1, 1, 2));
        var hello = HelloWire.FromWire(await HelloAsync());

        handshake.Tell(HelloWire.ToWire(Met.Cluster, new StoreId(1), new StoreHelloReply(
            new StoreId(2), 5, hello.Directory, hello.Incarnation,
            new StoreRefusal(RefusalKind.Directory, "not known"))), _two.Ref);

        Assert.Equal(new StoreFailed("not known"), await ExpectMsgAsync<StoreFailed>(WaitTimeout));
    }

    [Fact]
    public async Task A_store_of_another_list_tells_all_others_before_it_ends()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        var formed = Met.Store(1, Met.Fresh(1, 1)).Record;
        var handshake = Start(Met.Started(formed, 1, 2), farewell: TimeSpan.FromMinutes(10));

        var hello = HelloWire.FromWire(await HelloAsync());
        Assert.Contains("cluster of the initial stores [1]", hello.Ending, StringComparison.Ordinal);
        Assert.False(HasMessages);
        var two = Met.Store(2, Met.Fresh(2, 1, 2));
        handshake.Tell(HelloWire.ToWire(Met.Cluster, new StoreId(1), new StoreHelloReply(
            new StoreId(2), two.Record.Incarnation, hello.Directory, hello.Incarnation, two.Hear(hello))), _two.Ref);

        Assert.True((await ExpectMsgAsync<StoreFailed>(WaitTimeout)).Misconfigured);
        Assert.True(two.Ending!.Misconfigured);
        Assert.False(_regions.HasMessages);
    }

    [Fact]
    public async Task A_store_of_another_list_does_not_wait_for_ever_for_others_to_hear_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));

        Start(Met.Started(Met.Store(1, Met.Fresh(1, 1)).Record, 1, 2), farewell: TimeSpan.FromMilliseconds(300));

        Assert.True((await ExpectMsgAsync<StoreFailed>(WaitTimeout)).Misconfigured);
    }

    [Fact]
    public async Task What_cannot_be_made_durable_ends_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Start(Met.Fresh(1, 1), two: ActorRefs.Nobody);

        (await SaveAsync()).Done(new IOException("no space left"));

        Assert.Contains("no space left", $"{await ExpectMsgAsync<StoreFailed>(WaitTimeout)}", StringComparison.Ordinal);
        Assert.False(_regions.HasMessages);
    }

    // Its disk may stand still for long.
    [Fact]
    public async Task What_others_say_while_the_disk_is_waited_for_is_not_kept()
    {
        var (handshake, again, save) = await FormAndRestartTwoAsync();

        var later = again.Restart();
        Tell(handshake, later);
        handshake.Tell(Bootstrapped.Instance);
        await DescribeAsync(handshake);
        save.Done(null);

        save = await SaveAsync();
        Assert.True(save.Record.IsBootstrapped);
        Assert.NotEqual(later.Record.Incarnation, save.Record.Stores[2].Incarnation);
    }

    // Remoting may have shut one of the two out.
    [Fact]
    public async Task That_another_store_does_not_answer_is_published()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreUnheard));

        Start(Met.Fresh(1, 1, 2), timeout: TimeSpan.Zero);

        Assert.Equal(_two.Ref.Path.Address, (await ExpectMsgAsync<StoreUnheard>(WaitTimeout)).Address);
    }

    // Nobody else notices that a connection of remoting's carries nothing any more.
    [Fact]
    public async Task Stores_that_know_each_other_greet_on()
    {
        var handshake = Start(Met.Fresh(1, 1, 2), timeout: TimeSpan.FromMilliseconds(50));
        var two = Met.Store(2, Met.Fresh(2, 1, 2));
        await FormAsync(handshake, two);

        for (var greeted = 0; greeted < 4;)
            if ((await HelloAsync()).Accepts == two.Record.Incarnation) greeted++;
    }

    [Fact]
    public async Task What_others_answer_to_somebody_in_its_name_is_not_said_of_this_store()
    {
        var known = Met.Three()[0].Restart().Record;
        var handshake = Start(known);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Refuse(new DirectoryId(99), "who is that?");
        Refuse(known.Directory, "this is an old copy");

        var warning = await ExpectMsgAsync<Warning>(WaitTimeout);
        Assert.EndsWith("does not accept this store: this is an old copy", $"{warning.Message}", StringComparison.Ordinal);

        void Refuse(DirectoryId whom, string why) =>
            handshake.Tell(HelloWire.ToWire(Met.Cluster, new StoreId(1), new StoreHelloReply(
                new StoreId(2), known.Stores[2].Incarnation, whom, known.Incarnation,
                new StoreRefusal(RefusalKind.Directory, why))), _two.Ref);
    }

    [Fact]
    public async Task What_others_answer_to_somebody_in_its_name_is_no_sign_that_this_store_is_heard()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreUnheard));
        _two.SetAutoPilot(new DelegateAutoPilot((handshake, message) =>
        {
            if (message is Wire.StoreHello hello)
                handshake.Tell(HelloWire.ToWire(Met.Cluster, new StoreId(1), new StoreHelloReply(
                    new StoreId(2), 5, new DirectoryId(99), hello.Incarnation, null)), _two.Ref);
            return AutoPilot.KeepRunning;
        }));

        // More than the longest pause between two introductions; otherwise the wait would start over with each.
        Start(Met.Fresh(1, 1, 2), timeout: TimeSpan.FromSeconds(3));

        await ExpectMsgAsync<StoreUnheard>(WaitTimeout);
    }

    [Fact]
    public async Task A_store_that_has_joined_is_greeted_as_soon_as_placement_tells_of_it_and_listened_to()
    {
        var handshake = Start(Met.Three()[0].Restart().Record);
        var four = Met.Store(Joined.Value, Met.JoinedTo(4, Joined));

        _registered = [new RegisteredStore(Joined, new DirectoryId(4), IsRemoved: false)];
        handshake.Tell(StoresChanged.Instance);

        var hello = (Wire.StoreHello)await _four.FishForMessageAsync(message => message is Wire.StoreHello, WaitTimeout);
        Assert.Null(four.Hear(HelloWire.FromWire(hello)));
        handshake.Tell(HelloWire.ToWire(four.HelloTo(new StoreId(1))), _four.Ref);
        (await SaveAsync()).Done(null);
        Assert.Equal(new Listen(Joined, four.Record.Incarnation), await _transport.FishForMessageAsync(
            message => message is Listen { Store: var store } && store == Joined, WaitTimeout));
    }

    [Fact]
    public async Task Nothing_is_said_any_more_to_a_store_that_was_removed_and_it_is_told_why()
    {
        var handshake = Start(Met.Three()[0].Restart().Record);
        await _transport.ExpectMsgAsync<Listen>(WaitTimeout);
        var two = Met.Three()[1].Restart();

        _registered = [new RegisteredStore(new StoreId(2), new DirectoryId(2), IsRemoved: true)];
        handshake.Tell(StoresChanged.Instance);

        Assert.Equal(new Forget(new StoreId(2)), await _transport.FishForMessageAsync(message => message is Forget, WaitTimeout));
        Tell(handshake, two);
        var reply = await ReplyToAsync(two);
        Assert.Equal((uint)RefusalKind.Removed, reply.Refusal);
        Assert.Contains("store 2 was removed from the cluster", reply.Reason, StringComparison.Ordinal);
    }

    // Started again without that, it would vote with what is left.
    [Fact]
    public async Task A_store_that_lost_data_ends_when_that_is_durable_and_not_before()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        var handshake = Start(Met.Three()[0].Restart().Record);

        handshake.Tell(new DataLost("it cannot be trusted"));

        var save = await SaveAsync();
        Assert.Equal("it cannot be trusted", save.Record.Lost);
        await DescribeAsync(handshake);
        Assert.False(HasMessages);
        save.Done(null);
        Assert.Equal(new StoreFailed("it cannot be trusted"), await ExpectMsgAsync<StoreFailed>(WaitTimeout));
    }

    private IActorRef Start(StoreRecord record, IActorRef? two = null, TimeSpan? farewell = null, TimeSpan? timeout = null)
    {
        var stores = record.Initial.Add(new StoreId(2)).Distinct().Where(store => store.Value != 1)
            .ToImmutableDictionary(store => store, store => store.Value == 2 ? two ?? _two.Ref : CreateTestProbe().Ref)
            .Add(Joined, _four.Ref);
        return Sys.ActorOf(Handshake.Props(new HandshakeSpec
        {
            Cluster = Met.Cluster,
            Self = new StoreId(1),
            Record = record,
            Initial = two == ActorRefs.Nobody ? Met.Ids(1) : record.Initial.Length > 2 ? record.Initial : Met.Ids(1, 2),
            At = store => stores.GetValueOrDefault(store) is { } there ? [there] : [],
            Registered = () => _registered,
            Transport = _transport.Ref,
            Regions = _regions.Ref,
            LinkTimeout = timeout ?? TimeSpan.FromSeconds(5),
            Farewell = farewell ?? TimeSpan.FromSeconds(10),
            Save = (saved, done) =>
            {
                lock (_saves) _saves.Add((saved, done));
                _saveBegan.Release();
            },
        }));
    }

    private async Task<(StoreRecord Record, Action<Exception?> Done)> SaveAsync()
    {
        Assert.True(await _saveBegan.WaitAsync(WaitTimeout));
        lock (_saves) return _saves[^1];
    }

    private void Tell(IActorRef handshake, Introductions from) =>
        handshake.Tell(HelloWire.ToWire(from.HelloTo(new StoreId(1))), _two.Ref);

    // Both are introduced; the store is formed.
    private async Task FormAsync(IActorRef handshake, Introductions two)
    {
        var hello = HelloWire.FromWire(await HelloAsync());
        handshake.Tell(HelloWire.ToWire(Met.Cluster, new StoreId(1), new StoreHelloReply(
            new StoreId(2), two.Record.Incarnation, hello.Directory, hello.Incarnation, two.Hear(hello))), _two.Ref);
        Tell(handshake, two);
        (await SaveAsync()).Done(null);
        await _transport.ExpectMsgAsync<Listen>(WaitTimeout);
        Assert.Equal(0U, (await ReplyToAsync(two)).Refusal);
        two.Hear(new StoreHelloReply(
            new StoreId(1), hello.Incarnation, two.Record.Directory, two.Record.Incarnation, null));
    }

    // The other is restarted then, and what this store learns by that is not durable yet.
    private async Task<(IActorRef Handshake, Introductions Again, (StoreRecord Record, Action<Exception?> Done) Save)>
        FormAndRestartTwoAsync()
    {
        var handshake = Start(Met.Fresh(1, 1, 2));
        var two = Met.Store(2, Met.Fresh(2, 1, 2));
        await FormAsync(handshake, two);
        var again = two.Restart();
        Tell(handshake, again);
        return (handshake, again, await SaveAsync());
    }

    private async Task<Wire.StoreHello> HelloAsync() =>
        (Wire.StoreHello)await _two.FishForMessageAsync(message => message is Wire.StoreHello, WaitTimeout);

    private async Task<Wire.StoreHelloReply> ReplyToAsync(Introductions from) =>
        (Wire.StoreHelloReply)await _two.FishForMessageAsync(message =>
            message is Wire.StoreHelloReply reply && reply.HelloIncarnation == from.Record.Incarnation, WaitTimeout);

    private static Task<Acquaintance> DescribeAsync(IActorRef handshake) =>
        handshake.Ask<Acquaintance>(DescribeAcquaintance.Instance, WaitTimeout);

    private sealed class Elsewhere : MinimalActorRef
    {
        public override ActorPath Path =>
            new RootActorPath(Address.Parse("akka.tcp://tinykv@elsewhere:1")) / "user" / Handshake.Name;

        public override IActorRefProvider Provider => throw new InvalidOperationException("nobody asks");
    }
}
