using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Raft;

// On which stores the members are: the core's log says so, from the entry on that changes them. Who speaks and is not known
// to it yet is on the store that its message came from.
internal sealed partial class RaftPeer
{
    private readonly Dictionary<PeerId, Peer> _strangers = [];

    private Peer? Member(PeerId peer) =>
        _core.Find(peer) ?? (_strangers.TryGetValue(peer, out var stranger) ? stranger : null);

    private void Meet(PeerId peer, StoreId store)
    {
        if (_core.Find(peer) is not null) return;
        if (_strangers.Count == Configuration.MaxMembers) _strangers.Clear();
        _strangers[peer] = new Peer(peer, store);
    }
}
