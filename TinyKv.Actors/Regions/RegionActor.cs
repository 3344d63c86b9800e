using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>What a region's subtree is made from.</summary>
internal sealed record RegionSpec
{
    /// <summary>What the engine says of the region when the store begins with it.</summary>
    public required RegionRecord Record { get; init; }

    /// <summary>Its replica on this store.</summary>
    public required Peer Self { get; init; }

    /// <summary>Its state machine.</summary>
    public required Props Applier { get; init; }

    /// <summary>Makes the peer, from what its state machine holds, that machine, a seed, and whether a split has just made
    /// it.</summary>
    public required Func<Described, IActorRef, int, bool, Props> Peer { get; init; }

    /// <summary>Decides back-offs and election timeouts.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether a split has just made the replica.</summary>
    public bool IsSplitOff { get; init; }
}

/// <summary>
/// One region on this store: its state machine and its peer. A peer that stops is restarted from its journal, with
/// back-off; while it is away nobody waits for it. A state machine that ends ends the store; one that cannot read what
/// is committed stops the region here, and the others continue.
/// </summary>
internal sealed class RegionActor : UntypedActor, IWithTimers
{
    // A store whose new replica has no leader is ready for so long.
    private static readonly TimeSpan NewFor = TimeSpan.FromSeconds(10);

    private readonly RegionSpec _spec;
    private readonly RegionTable _table;
    private readonly RestartDelays _delays;
    private readonly Random _random;
    private readonly IActorRef _applier;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Described _state;
    private IActorRef _peer = ActorRefs.Nobody;
    private RegionError.RegionStopped? _stopped;
    private bool _isSplitOff; // and has had no leader yet

    public RegionActor(RegionSpec spec, RegionTable table)
    {
        _spec = spec;
        _table = table;
        _isSplitOff = spec.IsSplitOff;
        _random = new Random(spec.Seed);
        _delays = new RestartDelays(_random, Context.System.Scheduler);
        _state = new Described(spec.Record, default);
        _applier = Context.ActorOf(spec.Applier, "applier");
        Context.Watch(_applier);
        Post(null);
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_isSplitOff) Timers.StartSingleTimer(NoLongerNew.Instance, NoLongerNew.Instance, NewFor);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(RegionSpec spec, RegionTable table) =>
        Akka.Actor.Props.Create(() => new RegionActor(spec, table));

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        if (Sender.Equals(_applier))
            StoreFailed.Publish(Context.System, $"the state machine of {_spec.Record.Region.Id} has failed", reason);
        // Whoever broke an invariant may have told others already; making it again would only repeat it.
        else if (reason is InvariantViolationException) StoreFailed.Publish(Context.System, reason.Message);
        return Directive.Stop;
    });

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Recovering(message);

    private void Recovering(object message)
    {
        switch (message)
        {
            case Described state: Create(state); break;
            case PeerReady:
                _delays.Succeeded();
                // Its journal begins behind a snapshot that was installed before.
                _applier.Tell(new SnapshotJournaled(_spec.Record.Region.Id));
                Become(Running);
                if (_spec.IsSplitOff) Context.Parent.Tell(new SplitOffReady(_spec.Record.Region.Id));
                break;
            case RegionRequest request: Sender.Tell(Refusal(request)); break;
            case RegionBatch batch: batch.Refuse(Refusal); break;
            case InboundRaftMessage or StoreDisconnected or SnapshotPinned: break;
            case DescribeReplica:
                Sender.Tell(new ReplicaStatus(_state.Record.Region, _spec.Self, _state.Applied.Index, null));
                break;
            default: Always(message); break;
        }
    }

    private void Running(object message)
    {
        switch (message)
        {
            case TakeView: _applier.Forward(message); break;
            case RegionRequest or RegionBatch or InboundRaftMessage or StoreDisconnected or SnapshotPinned or DescribeReplica
                or StandForElection:
                _peer.Forward(message);
                break;
            case PeerView view: Post(view); break;
            default: Always(message); break;
        }
    }

    private void Always(object message)
    {
        switch (message)
        {
            case Unreadable unreadable: Stop(unreadable); break;
            case DataLost: Context.Parent.Tell(message); break;
            case JournalBorn: _applier.Tell(message); break;
            case RegionCreated:
                _peer.Tell(message);
                Context.Parent.Tell(message);
                break;
            case FetchSnapshot or DropSnapshot: Context.Parent.Forward(message); break;
            case SnapshotInstalled installed:
                _state = new Described(installed.Record, installed.Applied) { Snapshot = installed.Applied };
                Post(_table.Find(installed.Record.Region.Id)?.Peer);
                Context.Parent.Tell(installed);
                break;
            case RegionChanged changed: Take(changed); break;
            // The state machine may still be applying what the peer gave it; it answers when it is done.
            case Retry: _applier.Tell(Describe.Instance); break;
            case NoLongerNew:
                _isSplitOff = false;
                Post(_table.Find(_spec.Record.Region.Id)?.Peer);
                break;
            case Terminated stopped when stopped.ActorRef.Equals(_peer): BackOff(); break;
            case Terminated:
                StoreFailed.Publish(Context.System, $"the state machine of {_spec.Record.Region.Id} has stopped");
                break;
            default: Unhandled(message); break;
        }
    }

    private void Take(RegionChanged changed)
    {
        var record = changed.Record;
        _state = _state with { Record = record };
        var isHere = record.State != RegionState.Tombstone;
        // Before the parent makes the replica of the new region, which posts what it knows of it, and later than this.
        if (isHere) Post(_table.Find(record.Region.Id)?.Peer, changed.Child);
        Context.Parent.Tell(changed);
        if (isHere) return;
        // The parent watches, and continues when the peer has let go of the journal; it answers what is left behind.
        _table.Remove(record.Region with { Peers = record.Region.Peers.RemoveAll(peer => peer.Id == record.Former) });
        Context.Stop(Self);
    }

    private void Stopped(object message)
    {
        switch (message)
        {
            case RegionRequest request: Sender.Tell(Refusal(request)); break;
            case RegionBatch batch: batch.Refuse(Refusal); break;
            case DescribeReplica:
                Sender.Tell(new ReplicaStatus(_state.Record.Region, _spec.Self, _state.Applied.Index, null, _stopped!.Reason));
                break;
            case Described state: _state = state; break;
            case DataLost or RegionCreated or DropSnapshot: Always(message); break;
            case Terminated ended when ended.ActorRef.Equals(_applier): Always(message); break;
            default: break; // what the peer has said before it was stopped, and what is meant for it
        }
    }

    // While there is no peer.
    private RegionError Refusal(RegionRequest request) =>
        Admission.WrongStore(request.Context, _spec.Self) ?? _stopped
            ?? (RegionError)new RegionError.NotLeader(_spec.Record.Region.Id, null);

    // The peer goes too: it must not lead where nothing is applied.
    private void Stop(Unreadable unreadable)
    {
        _log.Error("{Region} stops on this store: {Reason}. The other regions continue", _spec.Record.Region.Id, unreadable);
        ApplyMetrics.Stopped(_spec.Self.Store, _spec.Record.Region.Id);
        _stopped = new RegionError.RegionStopped(_spec.Record.Region.Id, $"{unreadable}");
        Timers.CancelAll();
        Context.Stop(_peer);
        Become(Stopped);
        _table.Post(new ReplicaView(_state.Record.Region, null, _stopped));
        _applier.Tell(Describe.Instance);
    }

    private void Create(Described state)
    {
        _state = state;
        _peer = Context.ActorOf(_spec.Peer(state, _applier, _random.Next(), _spec.IsSplitOff), "peer");
        Context.Watch(_peer);
    }

    private void BackOff()
    {
        var delay = _delays.Next();
        _log.Warning("The peer of {Region} has stopped; it is restarted in {Delay} ms",
            _spec.Record.Region.Id, (int)delay.TotalMilliseconds);
        _isSplitOff = false;
        Post(null);
        Become(Recovering);
        Timers.StartSingleTimer(Retry.Instance, Retry.Instance, delay);
    }

    // The keys of a region that was split are somebody's at every moment.
    private void Post(PeerView? peer, RegionRecord? child = null)
    {
        _isSplitOff &= peer is not { Leader: not null, CaughtUp: true };
        _table.Post(
            new ReplicaView(_state.Record.Region, peer) { IsSplitOff = _isSplitOff },
            child is null ? null : new ReplicaView(child.Region, null) { IsSplitOff = true });
    }

    /// <summary>A replica that was split off should have a leader by now.</summary>
    private sealed class NoLongerNew
    {
        public static NoLongerNew Instance { get; } = new();
    }

    /// <summary>The back-off is over.</summary>
    private sealed class Retry
    {
        public static Retry Instance { get; } = new();
    }
}
