using System.Net;
using System.Text;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Testing;

namespace TinyKv.Tests.Actors.Transport.Links;

public sealed class LinkListenerTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly int _port = FreePorts.Take();
    private readonly IActorRef _remote;
    private StoreLinks _links = null!;

    public LinkListenerTests() : base("akka.loglevel = WARNING") => _remote = CreateTestProbe().Ref;

    [Fact]
    public async Task What_an_accepted_store_says_comes_as_from_its_transport()
    {
        Listen();
        using var peer = await LinkPeer.ConnectAsync(_port);

        var answer = await peer.IntroduceAsync(LinkPeer.Hello);
        await peer.SayAsync(new RaftBatch { Number = 5 });

        Assert.Equal(("", 1UL, 2UL, 10UL, 20UL),
            (answer.Refusal, answer.FromStore, answer.ToStore, answer.Incarnation, answer.Accepts));
        var batch = await ExpectMsgAsync<EncodedRaftBatch>(WaitTimeout);
        Assert.Equal(5UL, batch.Parse().Number);
        Assert.Equal(_remote.Path, LastSender.Path);
    }

    [Fact]
    public async Task What_a_store_says_of_snapshots_goes_to_who_takes_them_and_its_other_connection_stays()
    {
        Listen();
        var snapshots = CreateTestProbe();
        _links.DeliverBulk(snapshots);
        using var raft = await LinkPeer.ConnectAsync(_port);
        await raft.IntroduceAsync(LinkPeer.Hello);
        using (var bulk = await LinkPeer.ConnectAsync(_port))
        {
            var hello = LinkPeer.Hello;
            hello.Traffic = (uint)LinkTraffic.Bulk;
            Assert.Equal((uint)LinkTraffic.Bulk, (await bulk.IntroduceAsync(hello)).Traffic);
            await bulk.SayAsync(new SnapshotMessage { Id = 5 });
            var said = await snapshots.ExpectMsgAsync<EncodedSnapshotMessage>(WaitTimeout);
            Assert.Equal((new StoreId(2), 5UL), (said.From, said.Parse().Id));
        }

        // That the other has ended disconnects nobody.
        await raft.SayAsync(new RaftBatch { Number = 6 });
        Assert.Equal(6UL, (await ExpectMsgAsync<EncodedRaftBatch>(WaitTimeout)).Parse().Number);
    }

    public static TheoryData<string> Strangers => ["cluster", "store", "incarnation", "accepts", "protocol", "traffic", "from"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_stranger_is_told_why_and_hung_up_on(string wrong)
    {
        Listen();
        using var peer = await LinkPeer.ConnectAsync(_port);
        var hello = LinkPeer.Hello;
        switch (wrong)
        {
            case "cluster": hello.ClusterId++; break;
            case "store": hello.ToStore++; break;
            case "incarnation": hello.Incarnation++; break;
            case "accepts": hello.Accepts++; break;
            case "protocol": hello.Protocol++; break;
            case "traffic": hello.Traffic = 77; break;
            default: hello.FromStore = 9; break;
        }

        var answer = await peer.IntroduceAsync(hello);

        Assert.NotEqual("", answer.Refusal);
        await peer.ClosedAsync();
        await IsServedAsync();
    }

    [Fact]
    public async Task A_refusal_tells_nothing_that_a_store_could_be_played_with()
    {
        Listen();
        using var curious = await LinkPeer.ConnectAsync(_port);
        var told = await curious.IntroduceAsync(new LinkHello { FromStore = 2, ToStore = 1, Traffic = 1 });
        using var forger = await LinkPeer.ConnectAsync(_port);
        var hello = LinkPeer.Hello;
        (hello.ClusterId, hello.Incarnation, hello.Accepts) = (told.ClusterId, told.Accepts, told.Incarnation);

        Assert.NotEqual("", (await forger.IntroduceAsync(hello)).Refusal);
        Assert.Equal((0UL, 0UL, 0UL), (told.ClusterId, told.Incarnation, told.Accepts));
    }

    [Fact]
    public async Task A_store_that_has_no_incarnation_yet_is_a_stranger()
    {
        Listen(accepted: 0);
        using var peer = await LinkPeer.ConnectAsync(_port);
        var hello = LinkPeer.Hello;
        hello.Incarnation = 0;

        Assert.NotEqual("", (await peer.IntroduceAsync(hello)).Refusal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    [InlineData("\u0002\0\0\0\u007f\u007f")]
    public async Task Garbage_is_hung_up_on(string garbage)
    {
        Listen();
        using var peer = await LinkPeer.ConnectAsync(_port);

        await peer.SayAsync(Encoding.ASCII.GetBytes(garbage));

        await peer.ClosedAsync();
        await IsServedAsync();
    }

    [Fact]
    public async Task A_frame_that_is_too_long_ends_the_connection()
    {
        Listen();
        using var peer = await LinkPeer.ConnectAsync(_port);
        await peer.IntroduceAsync(LinkPeer.Hello);

        await peer.SayAsync(BitConverter.GetBytes(LinkRules.MaxBatchBytes + 1));

        await peer.ClosedAsync();
        await IsServedAsync();
    }

    [Fact]
    public async Task Who_says_nothing_is_hung_up_on()
    {
        Listen(spec => spec with { HelloTimeout = TimeSpan.FromMilliseconds(50) });
        using var peer = await LinkPeer.ConnectAsync(_port);

        await peer.ClosedAsync();
    }

    [Fact]
    public async Task However_many_say_nothing_a_store_is_heard()
    {
        Listen(spec => spec with { MaxSilent = 4, HelloTimeout = TimeSpan.FromMinutes(1) });
        var silent = new List<LinkPeer>();
        for (var i = 0; i < 100; i++) silent.Add(await LinkPeer.ConnectAsync(_port));

        await IsServedAsync();

        await silent[0].ClosedAsync();
        foreach (var peer in silent) peer.Dispose();
    }

    [Fact]
    public async Task Who_says_nothing_gives_way_to_who_comes_from_the_same_address()
    {
        Listen(spec => spec with { MaxSilentPerAddress = 4, HelloTimeout = TimeSpan.FromMinutes(1) });
        using var neighbour = await LinkPeer.ConnectAsync(_port, IPAddress.Parse("127.0.0.2"));
        var silent = new List<LinkPeer>();
        for (var i = 0; i < 100; i++) silent.Add(await LinkPeer.ConnectAsync(_port));
        await silent[95].ClosedAsync();

        Assert.Equal("", (await neighbour.IntroduceAsync(LinkPeer.Hello)).Refusal);

        foreach (var peer in silent) peer.Dispose();
    }

    [Fact]
    public async Task The_next_connection_of_a_store_takes_the_place_of_the_one_before()
    {
        Listen();
        using var first = await LinkPeer.ConnectAsync(_port);
        await first.IntroduceAsync(LinkPeer.Hello);

        await IsServedAsync();

        await first.ClosedAsync();
    }

    [Fact]
    public async Task An_older_connection_that_is_introduced_after_a_newer_one_is_hung_up_on()
    {
        Listen();
        using var older = await LinkPeer.ConnectAsync(_port);
        using var newer = await LinkPeer.ConnectAsync(_port);
        await newer.IntroduceAsync(LinkPeer.Hello);

        await older.SayAsync(LinkPeer.Hello);

        await older.ClosedAsync();
        await newer.SayAsync(new RaftBatch { Number = 7 });
        Assert.Equal(7UL, (await ExpectMsgAsync<EncodedRaftBatch>(WaitTimeout)).Parse().Number);
    }

    [Fact]
    public async Task The_end_of_a_stores_connection_is_told_after_its_last_batch()
    {
        Listen();
        using (var peer = await LinkPeer.ConnectAsync(_port))
        {
            await peer.IntroduceAsync(LinkPeer.Hello);
            await peer.SayAsync(new RaftBatch { Number = 5 });
        }

        await ExpectMsgAsync<EncodedRaftBatch>(WaitTimeout);
        Assert.Equal(new StoreId(2), (await ExpectMsgAsync<StoreDisconnected>(WaitTimeout)).Store);
    }

    [Fact]
    public async Task A_connection_that_gives_way_to_the_next_is_no_end()
    {
        Listen();
        using var first = await LinkPeer.ConnectAsync(_port);
        await first.IntroduceAsync(LinkPeer.Hello);
        using (var second = await LinkPeer.ConnectAsync(_port))
        {
            await second.IntroduceAsync(LinkPeer.Hello);
            await first.ClosedAsync();
        }

        await ExpectMsgAsync<StoreDisconnected>(WaitTimeout);
        using var third = await LinkPeer.ConnectAsync(_port);
        await third.IntroduceAsync(LinkPeer.Hello);
        await third.SayAsync(new RaftBatch { Number = 1 });
        await ExpectMsgAsync<EncodedRaftBatch>(WaitTimeout);
    }

    [Fact]
    public async Task A_port_that_is_closed_ends_its_connections()
    {
        Listen();
        using var peer = await LinkPeer.ConnectAsync(_port);
        await peer.IntroduceAsync(LinkPeer.Hello);

        _links.End();

        await peer.ClosedAsync();
    }

    [Fact]
    public async Task A_connection_that_is_taken_while_the_port_closes_is_closed()
    {
        var late = new LateConnection();
        Listen(spec => spec with { Network = late, HelloTimeout = TimeSpan.FromMinutes(1) });
        await late.Asked.Task.WaitAsync(WaitTimeout);

        _links.End();
        var connection = new ClosedSignal();
        late.Come.SetResult(new IncomingLink(connection, new IPEndPoint(IPAddress.Loopback, 1)));

        await connection.Closed.Task.WaitAsync(WaitTimeout);
    }

    protected override void AfterAll()
    {
        _links.End();
        base.AfterAll();
    }

    private void Listen(Func<LinkSpec, LinkSpec>? change = null, ulong accepted = 20)
    {
        var sockets = LinkSockets.Bind(
            _ => [new DnsEndPoint("127.0.0.1", 1)],
            new IPEndPoint(IPAddress.Loopback, _port));
        var spec = new LinkSpec { Cluster = 77, Self = new StoreId(1), Incarnation = 10, Network = sockets };
        _links = new StoreLinks(change?.Invoke(spec) ?? spec,
            new LinkReport(Sys.Log, Sys.Scheduler, new TransportMetrics(new StoreId(1)),
                store => store == new StoreId(2) ? "two:4073" : null),
            [KeyValuePair.Create(new StoreId(2), _remote)]);
        _links.Start(TestActor);
        _links.Accept(new StoreId(2), accepted);
    }

    private async Task IsServedAsync()
    {
        using var peer = await LinkPeer.ConnectAsync(_port);
        Assert.Equal("", (await peer.IntroduceAsync(LinkPeer.Hello)).Refusal);
        await peer.SayAsync(new RaftBatch { Number = 1 });
        await FishForMessageAsync(message => message is EncodedRaftBatch, WaitTimeout);
    }

    private sealed class LateConnection : ILinkNetwork
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<IncomingLink> Come { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation) => throw new IOException("nobody");

        public Task<IncomingLink> AcceptAsync()
        {
            Asked.TrySetResult();
            return Come.Task;
        }

        public void Dispose()
        {
        }
    }

    // Nothing is ever said over it.
    private sealed class ClosedSignal : MemoryStream
    {
        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Closed.Task.WaitAsync(cancellationToken);
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            Closed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
