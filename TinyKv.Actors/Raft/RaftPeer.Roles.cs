using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Raft;

// Admission: what each role takes and what it tells the others.
internal sealed partial class RaftPeer
{
    // A record of the journal holds no more than this, so that one burst does not hold up every other region.
    private const int MaxBytesPerRecord = 4 * 1024 * 1024;

    // Long enough for some of what waits to be applied.
    private const uint BusyBackoffMs = 50;

    private readonly Queue<(IActorRef Asker, Propose Request)> _proposals = new();
    private readonly List<IActorRef> _readers = [];
    private readonly Answers _answers = new();
    private readonly Dictionary<long, ImmutableArray<IActorRef>> _confirming = [];
    private long _queuedBytes;
    private int _waitingReads; // queued or being confirmed
    private long _lastRead;
    private bool _flushing;

    /// <inheritdoc/>
    protected override void OnCommand(object message) => Following(message);

    private void Following(object message)
    {
        switch (message)
        {
            case RegionRequest request: Refuse(Sender, request, Member(_core.Leader)); break;
            case RegionBatch batch: Refuse(batch, Member(_core.Leader)); break;
            default: Protocol(message); break;
        }
    }

    private void Electing(object message)
    {
        switch (message)
        {
            case RegionRequest request: Refuse(Sender, request, leader: null); break;
            case RegionBatch batch: Refuse(batch, leader: null); break;
            default: Protocol(message); break;
        }
    }

    private void Leading(object message)
    {
        switch (message)
        {
            case TransferLeadership transfer: Transfer(transfer.To); break;
            case ChangeMembers change: Change(change.Goal, change.IfConfVer); break;
            case ProposeSplit split: Split(split); break;
            case RegionRequest request: Admit(Sender, request); break;
            case RegionBatch batch: Admit(batch); break;
            default: Protocol(message); break;
        }
    }

    // The same in every role: the core knows its role.
    private void Protocol(object message)
    {
        switch (message)
        {
            case Tick when _isInstalling: AwaitTick(); break;
            case InboundRaftMessage or StoreDisconnected or StandForElection when _isInstalling: break;
            case Tick:
                AwaitTick();
                PassTick();
                GiveUpOutcomes();
                AskIfMember();
                ProposeQueued(); // a transfer may have been given up
                _telemetry.Sample(_core, _applied, _proposals.Count, _readers.Count);
                break;
            case InboundRaftMessage inbound:
                CatchUp();
                _telemetry.Heard(inbound.Envelope);
                Hear(inbound.From, inbound.Envelope);
                break;
            case StoreDisconnected lost:
                CatchUp();
                if (_core.Configuration.On(lost.Store) is { } peer) Perform(_core.Disconnected(peer.Id));
                break;
            case EntriesApplied applied:
                _applied = applied.Index;
                _core.Applied(applied.Index);
                _telemetry.Applied(applied.Index);
                Publish();
                break;
            case StandForElection: Perform(_core.Campaign()); break;
            case SnapshotStaged staged: Take(staged.Snapshot); break;
            case SnapshotNotFetched: break; // the leader offers another
            case SnapshotInstalled installed: Installed(installed); break;
            case SnapshotPinned pinned: Pin(pinned); break;
            case RegionChanged changed: Take(changed.Record.Region); break;
            case EngineSynced synced: Perform(_core.EngineSynced(synced.Applied)); break;
            case DeleteMessagesSuccess: break;
            case DeleteMessagesFailure failure: DeletionFailed(failure); break;
            case Flush:
                _flushing = false;
                ReadQueued();
                ProposeQueued();
                break;
            case DescribeReplica: Sender.Tell(Status()); break;
            default: Unhandled(message); break;
        }
    }

    private void Enter(LeadershipChange change)
    {
        LogChange(change);
        _telemetry.Changed(change);
        _reported.Clear();
        switch (change.Role)
        {
            case RoleKind.Leader:
                Become(Leading);
                break;
            case RoleKind.Follower:
                RefuseQueued();
                Become(Following);
                break;
            default:
                RefuseQueued();
                Become(Electing);
                break;
        }
        Publish();
    }

    // With a limit for each kind: others can raise the term many times a second.
    private void LogChange(LeadershipChange change)
    {
        var (region, term) = (_spec.Region.Id, change.Term);
        if (change.Role != RoleKind.Follower)
            _limit.Info(_log, $"{change.Role}", "{Region}: {What} in term {Term}", region, Campaign(change.Role), term);
        else if (Member(change.Leader) is { } leader)
            _limit.Info(_log, "follows", "{Region}: follows {Leader} in term {Term}", region, leader.Store, term);
        else
            _limit.Info(_log, "leaderless", "{Region}: knows no leader in term {Term}", region, term);
    }

    private static string Campaign(RoleKind role) => role switch
    {
        RoleKind.PreCandidate => "hears no leader, asks whether others do,",
        RoleKind.Candidate => "asks for votes",
        _ => "leads",
    };

    // Of one message some may be taken and others not: who asked for them knows nothing of the others.
    private void Admit(RegionBatch batch)
    {
        foreach (var (asker, request) in batch.Requests) Admit(asker, request);
        _answers.Deliver();
    }

    private void Admit(IActorRef asker, RegionRequest request)
    {
        var refusal = Admission.OnLeader(request.Context, _spec.Region, _spec.Self, _core.Term)
            ?? KeyOutside(request) ?? NoRoom(request);
        if (refusal is not null)
        {
            _answers.Tell(asker, refusal);
            return;
        }
        if (request is Propose propose)
        {
            _proposals.Enqueue((asker, propose));
            _queuedBytes += propose.Command.Length;
        }
        else
        {
            _readers.Add(asker);
            _waitingReads++;
        }
        if (_flushing) return;
        // Behind what is in the mailbox now: the requests of one burst share a record and a confirmation.
        _flushing = true;
        Self.Tell(Flush.Instance);
    }

    private RegionError? KeyOutside(RegionRequest request) =>
        request is Propose propose ? Admission.KeyOutside(_spec.Region, propose.Batch, propose.Condition) : null;

    private RegionError.ServerIsBusy? NoRoom(RegionRequest request)
    {
        var queued = request is Propose ? _proposals.Count : _waitingReads;
        if (queued >= _spec.MaxQueuedRequests)
            return new RegionError.ServerIsBusy($"{queued} requests are waiting", BusyBackoffMs);
        if (request is Propose propose && !_core.HasRoomFor(propose.Command.Length, _queuedBytes))
            return new RegionError.ServerIsBusy("too many bytes are proposed and not yet applied", BusyBackoffMs);
        return null;
    }

    // While the journal writes, proposals gather; they share the next record, and its entries as far as they may.
    private void ProposeQueued()
    {
        if (_writes.Count > 0 || _proposals.Count == 0 || _core.Transferee != PeerId.None) return;
        var (entries, bytes) = (new EntryBuilder(), 0);
        var awaited = ImmutableArray.CreateBuilder<PendingProposal>(_proposals.Count);
        while (_proposals.TryPeek(out var head))
        {
            bytes += head.Request.Command.Length;
            if (awaited.Count > 0 && bytes > MaxBytesPerRecord) break;
            _proposals.Dequeue();
            _queuedBytes -= head.Request.Command.Length;
            entries.Add(head.Request.Command, head.Request.MayShareEntry);
            var position = new LogPosition(_core.Last.Index + entries.Count, _core.Term);
            awaited.Add(new PendingProposal(position, head.Asker));
            _telemetry.Proposed(head.Request.Span, position.Index);
        }
        _telemetry.Proposed(awaited.Count);
        _spec.Applier.Tell(new TrackProposals(awaited.DrainToImmutable()));
        Perform(_core.Propose(entries.Build()));
    }

    private void ReadQueued()
    {
        if (_readers.Count > 0) CatchUp();
        if (_readers.Count == 0) return; // time may have cost the leadership, and the readers were told
        _telemetry.Confirming(_readers.Count);
        _confirming.Add(++_lastRead, [.. _readers]);
        _readers.Clear();
        Perform(_core.ReadIndex([_lastRead]));
    }

    private void Grant(ImmutableArray<ReadGrant> grants)
    {
        foreach (var grant in grants)
        {
            if (!_confirming.Remove(grant.Context, out var askers)) continue;
            _waitingReads -= askers.Length;
            _spec.Applier.Tell(new ServeReads(grant.Index, _core.Term, askers));
        }
    }

    private void Drop(ImmutableArray<long> contexts)
    {
        foreach (var context in contexts)
        {
            if (!_confirming.Remove(context, out var askers)) continue;
            _waitingReads -= askers.Length;
            foreach (var asker in askers) _answers.Tell(asker, NotLeader(Member(_core.Leader)));
        }
        _answers.Deliver();
    }

    // None of these was proposed or confirmed: whoever leads now may be asked instead.
    private void RefuseQueued()
    {
        var refusal = NotLeader(_core is null ? null : Member(_core.Leader));
        foreach (var (asker, _) in _proposals) _answers.Tell(asker, refusal);
        foreach (var asker in _readers.Concat(_confirming.Values.SelectMany(askers => askers)))
            _answers.Tell(asker, refusal);
        _answers.Deliver();
        _proposals.Clear();
        _readers.Clear();
        _confirming.Clear();
        _queuedBytes = 0;
        _waitingReads = 0;
    }

    private void Refuse(RegionBatch batch, Peer? leader)
    {
        foreach (var (asker, request) in batch.Requests) Refuse(asker, request, leader);
        _answers.Deliver();
    }

    private void Refuse(IActorRef asker, RegionRequest request, Peer? leader) =>
        _answers.Tell(asker, (RegionError?)Admission.WrongStore(request.Context, _spec.Self) ?? NotLeader(leader));

    private RegionError.NotLeader NotLeader(Peer? leader) => new RegionError.NotLeader(_spec.Region.Id, leader);

    private ReplicaStatus Status() => new(
        _spec.Region, _spec.Self, _applied,
        new RaftStatus(
            _core.Role, _core.Term, _core.Leader, _core.Commit, _core.FirstIndex, _core.Last.Index, _core.LogBytes,
            [.. _core.DataLosses], _refusals, _lastRefusal));
}
