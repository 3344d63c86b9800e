using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Raft;

// On which stores the members are: the core's log says so, from the entry on that changes them. Who speaks and is not known
// to it yet is on the store that its message came from.
internal sealed partial class RaftPeer
{
    private readonly Dictionary<PeerId, Peer> _strangers = [];
    private readonly List<(IActorRef Asker, PeerId To)> _transfers = []; // who waits for the end of one
    private readonly RemovalEvidence _removal;
    private long _sinceInquiry; // ticks

    private Peer? Member(PeerId peer) =>
        _core.Find(peer) ?? (_strangers.TryGetValue(peer, out var stranger) ? stranger : null);

    private void Transfer(StoreId store)
    {
        Effects effects;
        TransferOutcome outcome;
        if (store == StoreId.None)
        {
            effects = _core.TransferToBest(out outcome);
        }
        else if (_core.Configuration.On(store) is { } to)
        {
            effects = _core.Transfer(to.Id, out outcome);
        }
        else
        {
            Sender.Tell(new TransferOutcome.Refused(TransferRefusal.NoSuchPeer, $"{store} has no replica of {_spec.Region.Id}"));
            return;
        }
        if (outcome is TransferOutcome.Begun) _transfers.Add((Sender, _core.Transferee));
        else Sender.Tell(outcome);
        Perform(effects);
    }

    // Whatever the core does may have ended the transfer that somebody waits for.
    private void AnswerTransfers() => _transfers.RemoveAll(transfer =>
    {
        if (_core.EndOfTransfer(transfer.To) is not { } end) return false;
        transfer.Asker.Tell(end);
        return true;
    });

    private void ForgetTransfers()
    {
        foreach (var (asker, _) in _transfers) asker.Tell(NotLeader(leader: null));
        _transfers.Clear();
    }

    // What is in force may still be undone; what is applied is not.
    private void Change(MemberGoal goal, ulong ifConfVer)
    {
        ConfChangeOutcome outcome;
        var effects = Effects.None;
        var applied = _spec.Region.ToConfiguration();
        var isOutdated = ifConfVer != _spec.Region.Epoch.ConfVer || !_core.Configuration.Equals(applied);
        if (ifConfVer != 0 && isOutdated)
            outcome = new ConfChangeOutcome.Refused(ConfChangeRefusal.ChangeUnderWay, "the members are others by now");
        else if (goal.Next(applied) is null) outcome = new ConfChangeOutcome.AlreadyDone();
        else if (goal.Next(_core.Configuration) is { } change) effects = _core.Change(change, out outcome);
        else outcome = new ConfChangeOutcome.Refused(ConfChangeRefusal.ChangeUnderWay, "the change is not applied yet");
        Sender.Tell(outcome is ConfChangeOutcome.Refused { Reason: ConfChangeRefusal.NumberMissing, Message: var message }
            ? new NumberNeeded(_spec.Region.Epoch.ConfVer, message) : outcome);
        Perform(effects);
    }

    private void Take(Region region)
    {
        _spec = _spec with { Region = region };
        _removal.Clear();
    }

    // Who was removed while it was away is sent nothing any more.
    private void AskIfMember()
    {
        var pause = 2 * _spec.Options.ElectionTicks;
        if (++_sinceInquiry < pause || _core.LeaderSilence < pause) return;
        _sinceInquiry = 0;
        foreach (var other in _spec.Region.Peers)
        {
            if (other.Id != _spec.Self.Id && other.Role == MemberRole.Voter)
                Send([new RaftEnvelope(_spec.Self.Id, other.Id, _core.Term, new RaftMessage.Inquiry())]);
        }
    }

    // It may ask for the replica that was here before this one.
    private void Answer(StoreId store, RaftEnvelope inquiry)
    {
        if (_core.Configuration.Find(inquiry.From) is null && RemovalEvidence.AnswerTo(inquiry, _spec.Region) is { } answer)
            _spec.Transport.Tell(new OutboundRaftMessage(_spec.Region.Id, store, answer));
    }

    private void HearOfRemoval(PeerId witness, ulong confVer)
    {
        if (!_removal.Hear(_spec.Region, witness, confVer)) return;
        _log.Warning("{Region}: this store is not among its members any more, as most of those that it knows say",
            _spec.Region.Id);
        _spec.Applier.Tell(new ReplicaRemoved(confVer));
    }

    private void Meet(PeerId peer, StoreId store)
    {
        if (_core.Find(peer) is not null) return;
        if (_strangers.Count == Configuration.MaxMembers) _strangers.Clear();
        _strangers[peer] = new Peer(peer, store);
    }
}
