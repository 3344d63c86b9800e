using Akka.Actor;
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

    private void Change(ConfChange change)
    {
        if (IsRefusedHere()) return;
        var effects = _core.Change(change, out var outcome);
        Sender.Tell(outcome);
        Perform(effects);
    }

    private bool IsRefusedHere()
    {
        if (_core.Role == RoleKind.Leader) return false;
        Sender.Tell(NotLeader(Member(_core.Leader)));
        return true;
    }

    private void Meet(PeerId peer, StoreId store)
    {
        if (_core.Find(peer) is not null) return;
        if (_strangers.Count == Configuration.MaxMembers) _strangers.Clear();
        _strangers[peer] = new Peer(peer, store);
    }
}
