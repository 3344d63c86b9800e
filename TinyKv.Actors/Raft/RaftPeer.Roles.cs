using System.Collections.Immutable;
using Akka.Actor;
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
            case RegionRequest request: Refuse(request, _spec.Region.PeerWith(_core.Leader)); break;
            default: Protocol(message); break;
        }
    }

    private void Electing(object message)
    {
        switch (message)
        {
            case RegionRequest request: Refuse(request, leader: null); break;
            default: Protocol(message); break;
        }
    }

    private void Leading(object message)
    {
        switch (message)
        {
            case RegionRequest request: Admit(request); break;
            default: Protocol(message); break;
        }
    }

    // The same in every role: the core knows its role.
    private void Protocol(object message)
    {
        switch (message)
        {
            case Tick:
                ArmTick();
                PassTick();
                _telemetry.Sample(_core, _applied, _proposals.Count, _readers.Count);
                break;
            case InboundRaftMessage inbound:
                CatchUp();
                _telemetry.Heard(inbound.Envelope);
                Hear(inbound.From, inbound.Envelope);
                break;
            case EntriesApplied applied:
                _applied = applied.Index;
                _core.Applied(applied.Index);
                _telemetry.Applied(applied.Index);
                Publish();
                break;
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
                // Nobody is heard who could decide what this peer has proposed while it led.
                _spec.Applier.Tell(ForgetOutcomes.Instance);
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
        else if (_spec.Region.PeerWith(change.Leader) is { } leader)
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

    private void Admit(RegionRequest request)
    {
        var refusal = Admission.OnLeader(request.Context, _spec.Region, _spec.Self, _core.Term)
            ?? KeyOutside(request) ?? NoRoom(request);
        if (refusal is not null)
        {
            Sender.Tell(refusal);
            return;
        }
        if (request is Propose propose)
        {
            _proposals.Enqueue((Sender, propose));
            _queuedBytes += propose.Command.Length;
        }
        else
        {
            _readers.Add(Sender);
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

    // While the journal writes, proposals gather; they share the next record.
    private void ProposeQueued()
    {
        if (_writes.Count > 0 || _proposals.Count == 0) return;
        var (position, bytes) = (_core.Last.Index, 0);
        var commands = new List<ReadOnlyMemory<byte>>();
        var awaited = ImmutableArray.CreateBuilder<PendingProposal>();
        while (_proposals.TryPeek(out var head))
        {
            bytes += head.Request.Command.Length;
            if (commands.Count > 0 && bytes > MaxBytesPerRecord) break;
            _proposals.Dequeue();
            _queuedBytes -= head.Request.Command.Length;
            commands.Add(head.Request.Command);
            awaited.Add(new PendingProposal(new LogPosition(++position, _core.Term), head.Asker));
            _telemetry.Proposed(head.Request.Span, position);
        }
        _telemetry.Proposed(commands.Count);
        _spec.Applier.Tell(new TrackProposals(awaited.ToImmutable()));
        Perform(_core.Propose(commands));
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
            foreach (var asker in askers) asker.Tell(NotLeader(_spec.Region.PeerWith(_core.Leader)));
        }
    }

    // None of these was proposed or confirmed: whoever leads now may be asked instead.
    private void RefuseQueued()
    {
        var refusal = NotLeader(_core is null ? null : _spec.Region.PeerWith(_core.Leader));
        foreach (var (asker, _) in _proposals) asker.Tell(refusal);
        foreach (var asker in _readers.Concat(_confirming.Values.SelectMany(askers => askers))) asker.Tell(refusal);
        _proposals.Clear();
        _readers.Clear();
        _confirming.Clear();
        _queuedBytes = 0;
        _waitingReads = 0;
    }

    private void Refuse(RegionRequest request, Peer? leader) =>
        Sender.Tell((RegionError?)Admission.WrongStore(request.Context, _spec.Self) ?? NotLeader(leader));

    private RegionError.NotLeader NotLeader(Peer? leader) => new RegionError.NotLeader(_spec.Region.Id, leader);

    private ReplicaStatus Status() => new(
        _spec.Region, _spec.Self, _applied,
        new RaftStatus(
            _core.Role, _core.Term, _core.Leader, _core.Commit, _core.FirstIndex, _core.Last.Index, _core.LogBytes,
            [.. _core.DataLosses], _refusals, _lastRefusal));
}
