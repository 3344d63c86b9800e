using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Transport.Links;

public sealed class OutboundLinkTests : TestKit
{
    private static readonly StoreId Store = new(2);

    private readonly TcpListener _store = new(IPAddress.Loopback, 0);
    private readonly int _port = FreePorts.Take();
    private StoreLinks _links = null!;

    public OutboundLinkTests() : base("akka.loglevel = WARNING") => _store.Start();

    [Fact]
    public async Task A_store_is_connected_to_when_it_is_accepted_and_told_what_is_said()
    {
        Start();
        _links.Accept(Store, 20);
        using var peer = await AcceptAsync();
        var hello = await peer.HearHelloAsync();
        Assert.Equal((77UL, 1UL, 2UL, 10UL, 20UL),
            (hello.ClusterId, hello.FromStore, hello.ToStore, hello.Incarnation, hello.Accepts));
        await peer.SayAsync(LinkPeer.Hello);

        Assert.Equal(1UL, await SaidAsync(peer));
    }

    [Fact]
    public async Task What_is_said_before_the_other_side_has_answered_does_not_leave()
    {
        Start();
        _links.Accept(Store, 20);
        using var peer = await AcceptAsync();
        await peer.HearHelloAsync();
        Say(99);
        await peer.SayAsync(LinkPeer.Hello);

        Assert.NotEqual(99UL, await SaidAsync(peer));
    }

    public static TheoryData<string> Strangers => ["cluster", "incarnation", "accepts", "from", "refusal"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Who_answers_as_somebody_else_is_told_nothing(string wrong)
    {
        Start();
        _links.Accept(Store, 20);
        using (var stranger = await AcceptAsync())
        {
            await stranger.HearHelloAsync();
            var answer = LinkPeer.Hello;
            switch (wrong)
            {
                case "cluster": answer.ClusterId++; break;
                case "incarnation": answer.Incarnation++; break;
                case "accepts": answer.Accepts++; break;
                case "from": answer.FromStore++; break;
                default: answer.Refusal = "no"; break;
            }
            await stranger.SayAsync(answer);
            await stranger.ClosedAsync();
        }

        using var peer = await AcceptAsync();
        await peer.HearHelloAsync();
        await peer.SayAsync(LinkPeer.Hello);
        Assert.Equal(1UL, await SaidAsync(peer));
    }

    [Fact]
    public async Task A_connection_that_ends_is_made_again()
    {
        Start();
        _links.Accept(Store, 20);
        using (var first = await AcceptAsync()) await first.HearHelloAsync();

        using var second = await AcceptAsync();

        Assert.Equal(20UL, (await second.HearHelloAsync()).Accepts);
    }

    [Fact]
    public async Task What_nobody_expects_costs_one_attempt_and_no_more()
    {
        Start(spec => spec with { Network = new Surprises(spec.Network) });
        _links.Accept(Store, 20);

        using var peer = await AcceptAsync();

        Assert.Equal(20UL, (await peer.HearHelloAsync()).Accepts);
        using var other = await LinkPeer.ConnectAsync(_port);
        Assert.Equal("", (await other.IntroduceAsync(LinkPeer.Hello)).Refusal);
    }

    [Fact]
    public async Task A_store_that_no_connection_to_lasts_is_reported_with_its_address()
    {
        Start(spec => spec with { Lasting = TimeSpan.FromMilliseconds(20), Network = new Nobody(spec.Network) });

        var warning = new Regex("^No connection to store 2 at two:4073, .*: nobody listens there$");
        await EventFilter.Warning(warning).ExpectAsync(1, () =>
        {
            _links.Accept(Store, 20);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_store_that_is_connected_to_is_not_reported()
    {
        Start(spec => spec with { Lasting = TimeSpan.FromSeconds(1000) });

        await EventFilter.Warning(contains: "Raft port").ExpectAsync(0, async () =>
        {
            _links.Accept(Store, 20);
            using (var refuses = await AcceptAsync()) await refuses.HearHelloAsync();
            using var peer = await AcceptAsync();
            await peer.HearHelloAsync();
            await peer.SayAsync(LinkPeer.Hello);
            await SaidAsync(peer);
        });
    }

    [Fact]
    public async Task A_store_that_was_started_again_is_connected_to_again()
    {
        Start();
        _links.Accept(Store, 20);
        using var first = await AcceptAsync();
        await first.HearHelloAsync();
        await first.SayAsync(LinkPeer.Hello);

        _links.Accept(Store, 21);

        using var second = await AcceptAsync();
        Assert.Equal(21UL, (await second.HearHelloAsync()).Accepts);
        await first.ClosedAsync();
    }

    [Fact]
    public async Task Who_does_not_read_holds_up_nobody_and_fills_no_memory()
    {
        Start(spec => spec with { MaxWaitingBytes = 1 << 20 });
        _links.Accept(Store, 20);
        using var peer = await AcceptAsync();
        await peer.HearHelloAsync();
        await peer.SayAsync(LinkPeer.Hello);
        Assert.Equal(1UL, await SaidAsync(peer));
        var large = new RaftBatch
        {
            Messages = { new PeerMessage
        {
            Append = new Append { Entries = { new LogEntry { Data = ByteString.CopyFrom(new byte[1 << 20]) } } },
        } }
        };

        for (var number = 2UL; number <= 300; number++)
        {
            large.Number = number;
            _links.To(Store)!.Tell(large);
        }

        // What was kept is whole, and most was not.
        var heard = 0;
        var last = 0UL;
        _links.To(Store)!.Tell(new RaftBatch { Number = 1000 });
        while (last < 2 || heard < 3)
        {
            var batch = RaftBatch.Parser.ParseFrom(await peer.HearAsync());
            if (batch.Number == 1) continue;
            Assert.True(batch.Number > last);
            (last, heard) = (batch.Number, heard + 1);
        }
        Assert.True(heard < 200);
    }

    [Fact]
    public async Task A_connection_for_snapshots_is_made_when_there_is_something_to_say_which_waits_for_it()
    {
        Start();
        _links.Accept(Store, 20);
        using var raft = await AcceptAsync();
        Assert.Equal((uint)LinkTraffic.Raft, (await raft.HearHelloAsync()).Traffic);
        await raft.SayAsync(LinkPeer.Hello);

        _links.BulkTo(Store)!.Tell(new SnapshotMessage { Id = 5 });
        using var bulk = await AcceptBulkAsync();

        Assert.Equal(5UL, SnapshotMessage.Parser.ParseFrom(await bulk.HearAsync()).Id);
        Assert.Equal(1UL, await SaidAsync(raft));
    }

    [Fact]
    public async Task What_is_said_of_snapshots_after_a_reconnection_goes_over_the_new_connection()
    {
        Start();
        _links.Accept(Store, 20);
        using var raft = await AcceptAsync();
        await raft.HearHelloAsync();
        await raft.SayAsync(LinkPeer.Hello);
        _links.BulkTo(Store)!.Tell(new SnapshotMessage { Id = 5 });
        using var dead = await AcceptBulkAsync();
        Assert.Equal(5UL, SnapshotMessage.Parser.ParseFrom(await dead.HearAsync()).Id);

        _links.ReconnectBulk(Store);
        _links.BulkTo(Store)!.Tell(new SnapshotMessage { Id = 6 });

        using var bulk = await AcceptBulkAsync();
        Assert.Equal(6UL, SnapshotMessage.Parser.ParseFrom(await bulk.HearAsync()).Id);
    }

    [Fact]
    public async Task Who_does_not_read_snapshots_holds_up_no_batch()
    {
        Start();
        _links.Accept(Store, 20);
        using var raft = await AcceptAsync();
        await raft.HearHelloAsync();
        await raft.SayAsync(LinkPeer.Hello);
        var part = new SnapshotMessage { Part = new SnapshotPart { Chunk = ByteString.CopyFrom(new byte[1 << 20]) } };

        for (var i = 0; i < 100; i++) _links.BulkTo(Store)!.Tell(part);
        using var bulk = await AcceptBulkAsync();

        Assert.Equal(1UL, await SaidAsync(raft));
    }

    protected override void AfterAll()
    {
        _links.End();
        _store.Stop();
        base.AfterAll();
    }

    private async Task<LinkPeer> AcceptBulkAsync()
    {
        var bulk = await AcceptAsync();
        Assert.Equal((uint)LinkTraffic.Bulk, (await bulk.HearHelloAsync()).Traffic);
        var answer = LinkPeer.Hello;
        answer.Traffic = (uint)LinkTraffic.Bulk;
        await bulk.SayAsync(answer);
        return bulk;
    }

    private void Start(Func<LinkSpec, LinkSpec>? change = null)
    {
        var port = ((IPEndPoint)_store.LocalEndpoint).Port;
        var sockets = LinkSockets.Bind(
            _ => [new DnsEndPoint("127.0.0.1", port)],
            new IPEndPoint(IPAddress.Loopback, _port));
        var spec = new LinkSpec
        {
            Cluster = 77,
            Self = new StoreId(1),
            Incarnation = 10,
            Network = sockets,
            ShortestPause = TimeSpan.FromMilliseconds(1),
        };
        _links = new StoreLinks(change?.Invoke(spec) ?? spec,
            new LinkReport(Sys.Log, Sys.Scheduler, new TransportMetrics(new StoreId(1)),
                store => store == new StoreId(2) ? "two:4073" : null),
            [KeyValuePair.Create(Store, CreateTestProbe().Ref)]);
        _links.Start(TestActor);
    }

    private async Task<LinkPeer> AcceptAsync() => new(await _store.AcceptSocketAsync(Timeouts.Long));

    private void Say(ulong number) => _links.To(Store)!.Tell(new RaftBatch { Number = number });

    // The link has to hear the answer before it says anything.
    private async Task<ulong> SaidAsync(LinkPeer peer)
    {
        var hearing = peer.HearAsync();
        while (!hearing.IsCompleted)
        {
            Say(1);
            await Task.WhenAny(hearing, Task.Delay(10));
        }
        return RaftBatch.Parser.ParseFrom(await hearing).Number;
    }

    private sealed class Nobody(ILinkNetwork network) : ILinkNetwork
    {
        public Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation) =>
            throw new IOException("nobody listens there");

        public Task<IncomingLink> AcceptAsync() => network.AcceptAsync();

        public void Dispose() => network.Dispose();
    }

    // Each way, once.
    private sealed class Surprises(ILinkNetwork network) : ILinkNetwork
    {
        private bool _hasConnected;
        private bool _hasAccepted;

        public Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation)
        {
            if (_hasConnected) return network.ConnectAsync(store, cancellation);
            _hasConnected = true;
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        public Task<IncomingLink> AcceptAsync()
        {
            if (_hasAccepted) return network.AcceptAsync();
            _hasAccepted = true;
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        public void Dispose() => network.Dispose();
    }
}
