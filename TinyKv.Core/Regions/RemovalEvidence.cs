using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Regions;

/// <summary>
/// What others say of a replica's removal, for one that was away when it was decided and is sent nothing any more. Whoever
/// has applied a later change of members, and does not find the replica among them, knows that it was removed for good: its
/// number is not used again. One store alone may lie, so it takes a majority of the other voters.
/// </summary>
/// <param name="self">The replica.</param>
public sealed class RemovalEvidence(PeerId self)
{
    private readonly HashSet<PeerId> _witnesses = [];

    /// <summary>What a store answers an <see cref="RaftMessage.Inquiry"/> for the replica that is asked, which may have been
    /// removed itself.</summary>
    /// <param name="envelope">The question.</param>
    /// <param name="known">The region as of what the store has applied of it.</param>
    /// <returns>Null: the asker is a member.</returns>
    public static RaftEnvelope? AnswerTo(RaftEnvelope envelope, Region known) =>
        known.PeerWith(envelope.From) is not null ? null
            : new RaftEnvelope(envelope.To, envelope.From, envelope.Term, new RaftMessage.Removed(known.Epoch.ConfVer));

    /// <summary>Takes in that a replica knows the region as of <paramref name="confVer"/> without this one.</summary>
    /// <param name="region">The region as of what is applied here.</param>
    /// <param name="witness">Who says so.</param>
    /// <param name="confVer">The change of members that it has applied.</param>
    /// <returns>Whether this replica was removed.</returns>
    public bool Hear(Region region, PeerId witness, ulong confVer)
    {
        if (confVer < region.Epoch.ConfVer || region.PeerWith(witness) is not { Role: MemberRole.Voter }) return false;
        _witnesses.Add(witness);
        var others = region.Peers.Where(peer => peer.Role == MemberRole.Voter && peer.Id != self).ToList();
        return others.Count(peer => _witnesses.Contains(peer.Id)) > others.Count / 2;
    }

    /// <summary>The members have changed: what was said of those before counts no more.</summary>
    public void Clear() => _witnesses.Clear();
}
