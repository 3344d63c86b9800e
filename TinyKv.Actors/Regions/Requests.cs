using System.Diagnostics;
using Akka.Actor;
using TinyKv.Actors.Storage;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Regions;

/// <summary>
/// What somebody on this store wants from a region's replica. Answered to the sender with a <see cref="RegionError"/>
/// or with what the region's applier answers.
/// </summary>
/// <param name="Region">Whose replica.</param>
/// <param name="Context">What the caller knows of the region; null from the store itself, which any leader serves.</param>
internal abstract record RegionRequest(RegionId Region, RequestContext? Context);

/// <summary>Replicate a command; answered when it is applied.</summary>
/// <param name="Region">Whose replica.</param>
/// <param name="Context">What the caller knows of the region.</param>
/// <param name="Command">For the log.</param>
/// <param name="Batch">The writes of the command, for the check of their keys; empty when it has no keys.</param>
/// <param name="Condition">The command's condition, for the check of its key.</param>
internal sealed record Propose(
    RegionId Region, RequestContext? Context, ReadOnlyMemory<byte> Command, IReadOnlyList<Modify> Batch,
    Condition? Condition = null)
    : RegionRequest(Region, Context)
{
    /// <summary>What the spans of the write belong to; null while nobody traces.</summary>
    public Activity? Span { get; init; }
}

/// <summary>Answer from a state that holds everything acknowledged before now.</summary>
internal sealed record Read(RegionId Region, RequestContext? Context) : RegionRequest(Region, Context);

/// <summary>A Raft message for a replica on this store.</summary>
/// <param name="Region">Its region.</param>
/// <param name="From">The store that has sent it, whichever replica it speaks for.</param>
/// <param name="Envelope">The message.</param>
internal sealed record InboundRaftMessage(RegionId Region, StoreId From, RaftEnvelope Envelope);

/// <summary>How is the replica? Answered with <see cref="ReplicaStatus"/>.</summary>
internal sealed record DescribeReplica
{
    public static DescribeReplica Instance { get; } = new();
}

/// <summary>Which regions have a replica here? Answered with <see cref="ReplicaRefs"/>.</summary>
internal sealed record ListReplicas
{
    public static ListReplicas Instance { get; } = new();
}

/// <summary>The replicas on this store, by ascending region.</summary>
internal sealed record ReplicaRefs(IReadOnlyList<ReplicaRef> Regions);

/// <summary>A region as it was created, its replica here, and who knows more.</summary>
internal sealed record ReplicaRef(Region Region, Peer Self, IActorRef Actor);

/// <summary>A replica's state; the part of its Raft member is null while it recovers.</summary>
/// <param name="Region">The region.</param>
/// <param name="Self">The replica.</param>
/// <param name="Applied">What its state machine holds.</param>
/// <param name="Raft">Its Raft member.</param>
/// <param name="StoppedBecause">Why it has stopped for good; null while it has not.</param>
internal sealed record ReplicaStatus(
    Region Region, Peer Self, long Applied, RaftStatus? Raft, string? StoppedBecause = null);

/// <summary>
/// A Raft member's numbers, the members that it knows to have lost what they acknowledged, and what it did not believe.
/// </summary>
internal sealed record RaftStatus(
    RoleKind Role, long Term, PeerId Leader, long Commit, long FirstIndex, long LastIndex, long LogBytes,
    IReadOnlyList<DataLoss> DataLosses, long Refusals = 0, string LastRefusal = "");
