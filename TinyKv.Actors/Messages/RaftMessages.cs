using System.Collections.Immutable;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Messages;

/// <summary>A Raft message for a replica on this store.</summary>
/// <param name="Region">Its region.</param>
/// <param name="From">The store that has sent it, whichever replica it speaks for.</param>
/// <param name="Envelope">The message.</param>
internal sealed record InboundRaftMessage(RegionId Region, StoreId From, RaftEnvelope Envelope);

/// <summary>The connection over which a store was heard has ended, and it has made no other.</summary>
internal sealed record StoreDisconnected(StoreId Store);

/// <summary>
/// The replica on a store shall lead a region; only its leader takes that. Answered with a <see cref="TransferOutcome"/> when
/// the transfer has ended or is refused.
/// </summary>
/// <param name="Region">The region.</param>
/// <param name="To">The store; none: whichever can take it soonest.</param>
internal sealed record TransferLeadership(RegionId Region, StoreId To) : RegionRequest(Region, null);

/// <summary>
/// The members of a region shall change; only its leader takes that. Answered with a <see cref="ConfChangeOutcome"/>. Who asks
/// again until it is <see cref="ConfChangeOutcome.AlreadyDone"/> learns when the goal is reached.
/// </summary>
/// <param name="Region">The region.</param>
/// <param name="Goal">What one store shall be.</param>
/// <param name="IfConfVer">Only if the members that are applied are those of this change; 0: in any case.</param>
internal sealed record ChangeMembers(RegionId Region, MemberGoal Goal, ulong IfConfVer = 0) : RegionRequest(Region, null);

/// <summary>
/// Nothing was done: the change can be made, and needs a number for the new replica. Given to the members of
/// <paramref name="ConfVer"/> alone, it cannot come late and bring back a replica that was removed since.
/// </summary>
internal sealed record NumberNeeded(ulong ConfVer, string Message);

/// <summary>
/// A region shall be split; only its leader takes that. Answered with <see cref="RegionSplit"/> when it is, here, or with
/// <see cref="SplitNeedsNumbers"/>.
/// </summary>
/// <param name="Region">The region.</param>
/// <param name="Key">The first key of the new one.</param>
/// <param name="Numbers">The number of the new one, and those of its replicas; nobody had one of them before.</param>
internal sealed record ProposeSplit(RegionId Region, ReadOnlyMemory<byte> Key, ImmutableArray<ulong> Numbers)
    : RegionRequest(Region, null);

/// <summary>Nothing was done: the split can be made, and needs as many numbers.</summary>
internal sealed record SplitNeedsNumbers(int Count);

/// <summary>The peer need not wait until it misses a leader.</summary>
internal sealed record StandForElection
{
    public static StandForElection Instance { get; } = new();
}

/// <summary>A Raft message of a replica on this store to a replica on another.</summary>
internal sealed record OutboundRaftMessage(RegionId Region, StoreId To, RaftEnvelope Envelope);
