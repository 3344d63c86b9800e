using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol;

namespace TinyKv.Actors.Raft;

/// <summary>
/// Hosts one <see cref="RaftCore"/>: the mailbox orders its inputs, the journal makes its decisions durable, and the
/// behaviour in force is the Raft role that it holds. The core owns the protocol, the behaviour owns admission. A
/// journal that fails or refuses stops the peer: its memory is dropped, its parent makes it again from the journal.
/// </summary>
internal sealed partial class RaftPeer : UntypedPersistentActor
{
    private const string Advice = "'tinykv check' says more once the store is stopped";

    private RaftPeerSpec _spec; // with the region as it is applied
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly PeerTelemetry _telemetry;
    private readonly Queue<PendingWrite> _writes = new();
    private readonly List<object> _events = []; // records and checkpoints for the next write
    private readonly JournalReplay _replay;
    private RaftCore _core = null!;
    private PendingWrite? _lastWrite;
    private PeerView? _view;
    private long _applied;
    private int _underWay;
    private bool _isNew; // nothing was in the journal

    public RaftPeer(RaftPeerSpec spec)
    {
        _spec = spec;
        _telemetry = new PeerTelemetry(spec.Self, spec.Region);
        _applied = spec.Applied;
        _replay = new JournalReplay(Create);
        _removal = new RemovalEvidence(spec.Self.Id);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(RaftPeerSpec spec) => Akka.Actor.Props.Create(() => new RaftPeer(spec));

    /// <inheritdoc/>
    public override string PersistenceId => _spec.PersistenceId;

    /// <inheritdoc/>
    public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case InitialState initial: _replay.Take(LastSequenceNr, initial); break;
            case RaftRecord record: _replay.Take(LastSequenceNr, record); break;
            case RaftCheckpoint checkpoint: _replay.Take(LastSequenceNr, checkpoint); break;
            case RecoveryCompleted: Recovered(); break;
        }
    }

    private void Recovered()
    {
        try
        {
            _replay.End(LastSequenceNr);
        }
        catch (InvariantViolationException e)
        {
            CannotReplay(Damaged(e));
            return;
        }
        if (_replay.Member is { } member)
        {
            _core = member;
            Continue();
            return;
        }
        if (_spec.JournalBorn)
        {
            // Its votes and acknowledgements would be forgotten.
            StoreFailed.Publish(Context.System,
                $"the journal of {_spec.Region.Id} on {_spec.Self.Store} is empty, but it was not when the store was "
                + "started before: the log is lost, and what was promised with it");
            return;
        }
        Persist(_spec.InitialState, initial =>
        {
            _core = Create(initial);
            _isNew = true;
            AwaitBirth();
        });
    }

    // It promises nothing before the engine knows that its journal cannot be empty any more: a journal that is lost would
    // be taken for a new one, and the promise be forgotten.
    private void AwaitBirth()
    {
        if (_spec.JournalBorn)
        {
            Start();
            return;
        }
        Become(Unborn);
        Context.Parent.Tell(JournalBorn.Instance);
    }

    private void Unborn(object message)
    {
        if (message is RegionCreated) Start();
        else Unhandled(message);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        // What the journal holds will not change; a database that is away comes back.
        for (var cause = reason; cause is not null; cause = cause.InnerException)
            if (IsInTheJournal(cause)) CannotReplay(cause is TinyKvException ? cause : Damaged(cause));
        base.OnRecoveryFailure(reason, message);
    }

    private void CannotReplay(Exception cause) =>
        StoreFailed.Publish(Context.System, $"the journal of {_spec.Region.Id} cannot be replayed", cause);

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        // The core holds what the journal does not; nothing that it says from here on may leave.
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        RefuseQueued();
        ForgetTransfers();
        base.PostStop();
    }

    private RaftCore Create(InitialState initial)
    {
        if (initial.Directory != _spec.InitialState.Directory)
        {
            throw new TinyKvException(
                $"the journal of {_spec.Region.Id} on {_spec.Self.Store} belongs to the data directory {initial.Directory}, "
                + $"this is the data directory {_spec.InitialState.Directory}: "
                + "start the store with the one that belongs to its journal");
        }
        return new RaftCore(_spec.Self.Id, initial, _spec.Options, new Random(_spec.Seed));
    }

    // Members that disagree about who the members are could elect two leaders.
    private TinyKvException? Stranger()
    {
        var (engine, journal) = (_spec.Region.ToConfiguration(), _core.ConfigurationAt(_spec.Applied));
        return engine.Equals(journal) ? null : new TinyKvException(
            $"the journal of {_spec.Region.Id} on {_spec.Self.Store} has the members {journal} at {_spec.Applied}, and the "
            + $"engine has {engine}: they do not belong together");
    }

    private void Start()
    {
        Become(Following);
        _ticked = Context.System.Scheduler.MonotonicClock;
        AwaitTick();
        Context.Parent.Tell(PeerReady.Instance);
        Perform(_core.Start(_spec.Applied, isNew: _isNew && _spec.IsSplitOff));
        Publish();
    }

    /// <summary>
    /// The durability contract. What promises nothing leaves at once; the record goes to the journal; what promises
    /// something leaves when this record and all before it are durable; only then does the core count on them.
    /// </summary>
    private void Perform(Effects effects)
    {
        if (effects.Changed is { } change) Enter(change);
        if (!effects.DataLoss.IsEmpty) Report(effects.DataLoss);
        Send(effects.SendNow.AsSpan());
        _telemetry.Sending(effects.SendNow);
        if (effects.Store is { } record)
        {
            _lastWrite = new PendingWrite(record, effects.SendDurable);
            _telemetry.Storing(record);
            _writes.Enqueue(_lastWrite);
            _events.Add(record);
            StoreEvents();
        }
        else if (_writes.Count > 0)
        {
            _lastWrite!.Add(effects.SendDurable);
        }
        else
        {
            Send(effects.SendDurable.AsSpan());
        }
        if (!effects.Apply.IsEmpty) Apply(effects.Apply);
        Compact(effects);
        Fetch(effects);
        Grant(effects.Reads);
        Drop(effects.ReadsDropped);
        if (_transfers.Count > 0) AnswerTransfers();
    }

    // One atomic write at a time: a journal that refuses a record may take the next, and the log would have a gap.
    private void StoreEvents()
    {
        if (_underWay > 0 || _events.Count == 0) return;
        _underWay = _events.Count;
        PersistAllAsync(_events.ToArray(), Stored);
        _events.Clear();
    }

    private void Stored(object @event)
    {
        _underWay--;
        if (@event is RaftCheckpoint checkpoint) Checkpointed(checkpoint);
        else RecordStored();
        StoreEvents();
        InstallOnceQuiet();
    }

    private void RecordStored()
    {
        var write = _writes.Dequeue();
        _telemetry.Stored(write.Started, write.LastIndex);
        Send(write.Messages);
        Send(write.Later);
        Perform(_core.Stored());
        ProposeQueued();
    }

    private void Apply(ImmutableArray<Entry> entries)
    {
        _telemetry.Committed(entries[^1].Index);
        _spec.Applier.Tell(new ApplyEntries(entries));
    }

    private void Send(ReadOnlySpan<RaftEnvelope> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            if (Member(envelope.To) is { } to)
                _spec.Transport.Tell(new OutboundRaftMessage(_spec.Region.Id, to.Store, envelope));
        }
    }

    private void Publish()
    {
        var change = new LeadershipChange(_core.Role, _core.Term, _core.Leader);
        var leader = Member(change.Leader);
        var sticky = _view is { CaughtUp: true } known && known.Leader == leader;
        var caughtUp = !_core.HasLostData && (sticky || (_core.HasCommittedInTerm && _applied >= _core.Commit));
        var view = new PeerView(change, leader, leader is not null && caughtUp);
        if (view == _view) return;
        _view = view;
        Context.Parent.Tell(view);
    }

    private static bool IsInTheJournal(Exception cause) =>
        cause is InvariantViolationException or TinyKvException or MalformedMessageException
            or InvalidDataException or SerializationException;

    private StorageFailedException Damaged(Exception cause) =>
        new($"{PersistenceId} is damaged: {cause.Message}; {Advice}", cause) { IsDamage = true };
}
