using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence.Checking;

/// <summary>A replica, as its journal has it.</summary>
/// <param name="Id">The name of the journal.</param>
/// <param name="Member">The replica's member, replayed and not started.</param>
internal sealed record JournaledPeer(PeerJournalId Id, RaftCore Member)
{
    /// <summary>Whose replica it is.</summary>
    public RegionId Region => Id.Region;

    /// <summary>Whether the log begins with the first entry there ever was.</summary>
    public bool HoldsEverything => Member.FirstIndex == InitialState.Origin.Index + 1;
}
