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

/// <summary>The replica on a store shall lead. Answered with a <see cref="TransferOutcome"/>, or <c>NotLeader</c>.</summary>
internal sealed record TransferLeadership(StoreId To);

/// <summary>
/// The members of a region shall change. Answered with a <see cref="ConfChangeOutcome"/>, or <c>NotLeader</c>. Who asks again
/// until it is <see cref="ConfChangeOutcome.AlreadyDone"/> learns when it is made.
/// </summary>
internal sealed record ChangeMembers(ConfChange Change);

/// <summary>A Raft message of a replica on this store to a replica on another.</summary>
internal sealed record OutboundRaftMessage(RegionId Region, StoreId To, RaftEnvelope Envelope);
