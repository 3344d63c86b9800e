using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>
/// One peer whose world is the test: its journal is a gate, time passes by <see cref="Tick"/>, and one probe is its
/// transport, its state machine and who asks it. So the order in which it says things is the order they are seen in.
/// </summary>
public abstract class RaftPeerKit : TestKit
{
    private protected static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private TestProbe? _world;

    private protected RaftPeerKit() : this(new JournalGate()) { }

    private RaftPeerKit(JournalGate gate) : base(gate.Config) => Gate = gate;

    private protected JournalGate Gate { get; }

    private protected TestProbe World => _world ??= CreateTestProbe();

    /// <summary>Of the peer that was started last.</summary>
    private protected TestProbe Parent { get; private set; } = null!;

    private protected static Region RegionOf(params ulong[] stores) => new(
        RegionId.First, new KeyRange("a"u8.ToArray(), "m"u8.ToArray()), RegionEpoch.Initial,
        [.. stores.Select(store => new Peer(PeerOn(store), new StoreId(store)))]);

    /// <summary>The number of the replica on a store.</summary>
    private protected static PeerId PeerOn(ulong store) => new(10 + store);

    private protected RaftPeerSpec SpecOf(Region region, int maxQueued = 100, long applied = 5) => new()
    {
        PersistenceId = "peer",
        Region = region,
        Self = region.Peers[0],
        InitialState = RaftPeerSpec.InitialStateOf(region, TinyKv.Core.Raft.InitialState.Origin, default),
        Applied = applied,
        Options = new RaftOptions(),
        TickInterval = TimeSpan.FromHours(1),
        Ticker = ActorRefs.Nobody,
        MaxQueuedRequests = maxQueued,
        Seed = 1,
        Applier = World.Ref,
        EngineSync = World.Ref,
        IsCommand = _ => true,
        Transport = World.Ref,
    };

    private protected async Task<IActorRef> StartAsync(RaftPeerSpec spec)
    {
        Parent = CreateTestProbe();
        var peer = Parent.ChildActorOf(RaftPeer.Props(spec));
        if (!spec.JournalBorn)
        {
            await Parent.ExpectMsgAsync<JournalBorn>(WaitTimeout);
            peer.Tell(new RegionCreated(spec.Region.Id));
        }
        await Parent.ExpectMsgAsync<PeerReady>(WaitTimeout);
        return peer;
    }

    /// <summary>The only member of its group, which leads and has applied its first entry.</summary>
    private protected async Task<IActorRef> StartLeaderAsync(int maxQueued = 100, RaftOptions? options = null)
    {
        var spec = SpecOf(RegionOf(1), maxQueued);
        var peer = await StartAsync(spec with { Options = options ?? spec.Options });
        var applied = await World.ExpectMsgAsync<ApplyEntries>(WaitTimeout);
        peer.Tell(new EntriesApplied(applied.Entries[^1].Index));
        await DrainAsync();
        return peer;
    }

    /// <summary>A member of three that the two others have elected; its first entry is not committed.</summary>
    private protected async Task<IActorRef> ElectAsync(IActorRef peer)
    {
        Tick(peer, 20);
        var poll = await SentAsync<RaftMessage.PreVote>();
        FromOther(peer, poll.Term, new RaftMessage.PreVoteReply(true, ((RaftMessage.PreVote)poll.Message).Round));
        var request = await SentAsync<RaftMessage.RequestVote>();
        FromOther(peer, request.Term, new RaftMessage.Vote(true));
        return peer;
    }

    private protected static void Tick(IActorRef peer, int times)
    {
        for (var i = 0; i < times; i++) peer.Tell(RaftPeer.Tick.Instance);
    }

    private protected static void FromOther(
        IActorRef peer, long term, RaftMessage message, ulong from = 2, ulong? store = null) => peer.Tell(new InboundRaftMessage(
            RegionId.First, new StoreId(store ?? from), new RaftEnvelope(PeerOn(from), PeerOn(1), term, message)));

    /// <summary>The next message of a kind to store 2; what else is said before is skipped.</summary>
    private protected async Task<RaftEnvelope> SentAsync<T>() where T : RaftMessage
    {
        var sent = await World.FishForMessageAsync<OutboundRaftMessage>(
            said => said.Envelope.Message is T && said.To == new StoreId(2), WaitTimeout);
        return sent.Envelope;
    }

    private protected static Propose Write(
        string key = "b", Region? region = null, RequestContext? context = null, string value = "v")
    {
        Modify[] batch = [new Modify.Put(ColumnFamily.Default, TestBytes(key), TestBytes(value))];
        return new Propose(
            RegionId.First, context ?? ContextOf(region ?? RegionOf(1)), CommandCodec.Encode(new WriteCommand(1, batch)), batch);
    }

    private protected static RequestContext ContextOf(Region region) =>
        new(region.Id, region.Epoch, region.Peers[0], 0);

    private protected void Ask(IActorRef peer, object request) => peer.Tell(request, World.Ref);

    /// <summary>The peer's state, after everything that was told it before; the next thing that it says.</summary>
    private protected async Task<RaftStatus> StatusAsync(IActorRef peer)
    {
        Ask(peer, DescribeReplica.Instance);
        return (await World.ExpectMsgAsync<ReplicaStatus>(WaitTimeout)).Raft!;
    }

    /// <summary>Skips what the peer has said so far.</summary>
    private protected async Task<RaftStatus> StatusAfterAsync(IActorRef peer)
    {
        Ask(peer, DescribeReplica.Instance);
        return (await World.FishForMessageAsync<ReplicaStatus>(_ => true, WaitTimeout)).Raft!;
    }

    /// <summary>Forgets which writes have arrived.</summary>
    private protected async Task DrainAsync()
    {
        var seen = 0;
        while (seen < Gate.Stored.Length) seen += (await Gate.ArrivedAsync()).Length;
    }

    private protected static ImmutableArray<Entry> Entries(long first, long term, params string[] data) =>
        [.. data.Select((text, i) => new Entry(new LogPosition(first + i, term), EntryKind.Command, TestBytes(text)))];

    private protected static byte[] TestBytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    protected override void AfterAll()
    {
        base.AfterAll();
        Gate.Dispose();
    }
}
