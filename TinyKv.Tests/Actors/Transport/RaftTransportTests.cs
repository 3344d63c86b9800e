using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Actors.Transport;

public sealed class RaftTransportTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private static readonly RaftEnvelope Heartbeat =
        new(new PeerId(2), new PeerId(1), 6, new RaftMessage.Heartbeat(9, 1));

    private readonly TestProbe _store2;
    private readonly TestProbe _store3;
    private readonly TestProbe _regions;
    private readonly IActorRef _transport;

    public RaftTransportTests() : base("akka.loglevel = WARNING")
    {
        (_store2, _store3, _regions) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var stores = ImmutableDictionary<StoreId, IActorRef>.Empty
            .Add(new StoreId(2), _store2.Ref).Add(new StoreId(3), _store3.Ref);
        _transport = Sys.ActorOf(RaftTransport.Props(new TransportSpec(77, new StoreId(1), 42, stores.GetValueOrDefault)));
        _transport.Tell(new DeliverTo(_regions.Ref));
        _transport.Tell(new Listen(new StoreId(2), 1));
    }

    [Fact]
    public async Task What_regions_say_in_one_turn_leaves_in_one_batch_for_each_store()
    {
        InOneTurn(Outbound(1, 2), Outbound(2, 2), Outbound(1, 3), Outbound(3, 2));

        var batch = await _store2.ExpectMsgAsync<RaftBatch>(WaitTimeout);
        Assert.Equal((77UL, 1UL, 2UL, 42UL), (batch.ClusterId, batch.FromStore, batch.ToStore, batch.Incarnation));
        Assert.Equal([1UL, 2, 3], batch.Messages.Select(message => message.RegionId));
        Assert.Single((await _store3.ExpectMsgAsync<RaftBatch>(WaitTimeout)).Messages);
    }

    [Fact]
    public async Task A_batch_holds_a_mebibyte_or_one_larger_message()
    {
        InOneTurn(Outbound(1, 2, 700_000), Outbound(2, 2, 700_000), Outbound(3, 2, 100), Outbound(4, 2, 3_000_000));

        Assert.Equal([1UL], await BatchAsync());
        Assert.Equal([2UL, 3], await BatchAsync());
        Assert.Equal([4UL], await BatchAsync());
    }

    [Fact]
    public async Task A_message_to_a_replica_on_this_store_does_not_leave_it()
    {
        _transport.Tell(Outbound(5, 1));

        Assert.Equal(new RegionId(5), (await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout)).Region);
    }

    [Fact]
    public async Task What_arrives_goes_to_the_regions()
    {
        Arrive(Encoded(77, 2, 1));

        var inbound = await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout);

        Assert.Equal((new StoreId(2), new RaftMessage.Heartbeat(9, 1)), (inbound.From, inbound.Envelope.Message));
    }

    [Theory]
    [InlineData(78, 2, 1)]
    [InlineData(77, 2, 3)]
    [InlineData(77, 9, 1)]
    public async Task What_another_cluster_or_a_stranger_sends_is_dropped_with_ten_warnings_a_minute(
        ulong cluster, ulong from, ulong to)
    {
        await EventFilter.Warning(start: "Dropping what store").ExpectAsync(10, async () =>
        {
            for (var i = 0; i < 30; i++) Arrive(Encoded(cluster, from, to));
            Arrive(Encoded(77, 2, 1));
            await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout);
        });
        Assert.False(_regions.HasMessages);
    }

    [Fact]
    public async Task Bytes_that_are_no_batch_do_no_harm()
    {
        var empty = NewBatch(77, 2, 1);
        empty.Messages.Add(new PeerMessage { RegionId = 1, FromPeer = 2, ToPeer = 1 });
        Arrive(new EncodedRaftBatch(new byte[] { 0xff, 0xff, 0xff }));
        Arrive(new EncodedRaftBatch(empty.ToByteArray()));
        Arrive(Encoded(77, 2, 1));

        await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout);
    }

    [Fact]
    public async Task Bytes_that_are_no_batch_do_not_fill_the_log()
    {
        await EventFilter.Warning(start: "Dropped a batch").ExpectAsync(10, async () =>
        {
            for (var i = 0; i < 1000; i++) Arrive(new EncodedRaftBatch(new byte[] { 0xff, 0xff, 0xff }));
            Arrive(Encoded(77, 2, 1));
            await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout);
        });
    }

    [Fact]
    public async Task A_store_that_speaks_but_does_not_hear_this_one_is_reconnected_to()
    {
        var stores = ImmutableDictionary<StoreId, IActorRef>.Empty.Add(new StoreId(2), _store2.Ref);
        var transport = Sys.ActorOf(RaftTransport.Props(new TransportSpec(77, new StoreId(1), 42, stores.GetValueOrDefault)
        {
            Reconnect = store => TestActor.Tell(store),
            LinkTimeout = TimeSpan.Zero,
        }));

        transport.Tell(Outbound(1, 2));

        Assert.Equal(new StoreId(2), await ExpectMsgAsync<StoreId>(WaitTimeout));
    }

    [Fact]
    public async Task A_batch_says_what_was_heard_last_of_its_receiver()
    {
        var heard = NewBatch(77, 2, 1);
        heard.Number = 5;
        Arrive(new EncodedRaftBatch(heard.ToByteArray()));
        _transport.Tell(Outbound(1, 2));

        var batch = await _store2.ExpectMsgAsync<RaftBatch>(WaitTimeout);

        Assert.Equal((1UL, 1UL, 5UL), (batch.Number, batch.HeardIncarnation, batch.HeardNumber));
    }

    [Fact]
    public async Task What_comes_from_where_its_store_is_not_configured_is_dropped()
    {
        await EventFilter.Warning(contains: "akka.tcp://tinykv@elsewhere:1").ExpectAsync(1, async () =>
        {
            _transport.Tell(Encoded(77, 2, 1), new Elsewhere());
            Arrive(Encoded(77, 2, 1));
            await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout);
        });
        Assert.False(_regions.HasMessages);
    }

    [Fact]
    public async Task What_an_incarnation_says_that_was_not_accepted_is_dropped()
    {
        var later = NewBatch(77, 2, 1);
        later.Incarnation = 2;
        later.Messages.Add(RaftWire.ToWire(new RegionId(9), Heartbeat));

        Arrive(new EncodedRaftBatch(later.ToByteArray()));
        Arrive(Encoded(77, 2, 1));
        Assert.Equal(RegionId.First, (await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout)).Region);

        _transport.Tell(new Listen(new StoreId(2), 2));
        Arrive(Encoded(77, 2, 1));
        Arrive(new EncodedRaftBatch(later.ToByteArray()));
        Assert.Equal(new RegionId(9), (await _regions.ExpectMsgAsync<InboundRaftMessage>(WaitTimeout)).Region);
    }

    private void Arrive(EncodedRaftBatch batch) => _transport.Tell(batch, _store2.Ref);

    private sealed class Elsewhere : MinimalActorRef
    {
        public override ActorPath Path =>
            new RootActorPath(Address.Parse("akka.tcp://tinykv@elsewhere:1")) / "user" / RaftTransport.Name;

        public override IActorRefProvider Provider => throw new InvalidOperationException("nobody asks");
    }

    // The transport sees none of them before all are in its mailbox: it is held up by a delivery meanwhile.
    private void InOneTurn(params OutboundRaftMessage[] messages)
    {
        using var door = new Door();
        _transport.Tell(new DeliverTo(door));
        _transport.Tell(Outbound(1, 1));
        door.Reached.Wait(WaitTimeout);
        foreach (var outbound in messages) _transport.Tell(outbound);
        _transport.Tell(new DeliverTo(_regions.Ref));
        door.Opened.Set();
    }

    private sealed class Door : MinimalActorRef, IDisposable
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Opened { get; } = new();

        public override ActorPath Path => new RootActorPath(Address.AllSystems, "door");

        public override IActorRefProvider Provider => throw new InvalidOperationException("nobody asks");

        protected override void TellInternal(object message, IActorRef sender)
        {
            Reached.Set();
            Opened.Wait(WaitTimeout);
        }

        public void Dispose()
        {
            // Opened stays: whoever waits at it may not have seen it open yet.
            Reached.Dispose();
        }
    }

    private async Task<IEnumerable<ulong>> BatchAsync() =>
        (await _store2.ExpectMsgAsync<RaftBatch>(WaitTimeout)).Messages.Select(message => message.RegionId);

    private static OutboundRaftMessage Outbound(ulong region, ulong to, int bytes = 10)
    {
        var entry = new Entry(new LogPosition(6, 6), EntryKind.Command, new byte[bytes]);
        return new OutboundRaftMessage(new RegionId(region), new StoreId(to), new RaftEnvelope(
            new PeerId(1), new PeerId(to), 6, new RaftMessage.Append(new LogPosition(5, 5), [entry], 5)));
    }

    private static EncodedRaftBatch Encoded(ulong cluster, ulong from, ulong to)
    {
        var batch = NewBatch(cluster, from, to);
        batch.Messages.Add(RaftWire.ToWire(RegionId.First, Heartbeat));
        return new EncodedRaftBatch(batch.ToByteArray());
    }

    private static RaftBatch NewBatch(ulong cluster, ulong from, ulong to) =>
        new() { ClusterId = cluster, FromStore = from, ToStore = to, Incarnation = 1 };
}
