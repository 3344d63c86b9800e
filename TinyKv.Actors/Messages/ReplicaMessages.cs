using Akka.Actor;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Messages;

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
