using System.Collections.Immutable;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Node;

public sealed class StoreNodeStatusTests
{
    // A replica's number is not its store's.
    private static readonly ImmutableArray<Peer> Peers = [new(new(11), new(1)), new(new(12), new(2)), new(new(13), new(3))];

    private static readonly ReplicaStatus Replica =
        new(new Region(RegionId.First, KeyRange.All, RegionEpoch.Initial, Peers), Peers[0], Applied: 7, Raft: null);

    private static readonly RaftStatus Raft = new(RoleKind.Leader, Term: 4, new PeerId(11), Commit: 8, FirstIndex: 6,
        LastIndex: 9, LogBytes: 100, [new DataLoss(new PeerId(12), 4, new LogPosition(9, 4), new LogPosition(5, 3))]);

    [Fact]
    public void What_a_replica_refused_is_told()
    {
        var status = StoreNodeStatus.Describe(Replica with
        {
            Raft = Raft with { Refusals = 3, LastRefusal = "store 2: not for this member" },
        });

        Assert.Equal((3, "store 2: not for this member"), (status.RefusedMessages, status.LastRefusal));
        var healthy = StoreNodeStatus.Describe(Replica with { Raft = Raft });
        Assert.Equal((0, ""), (healthy.RefusedMessages, healthy.LastRefusal));
    }

    [Fact]
    public void Why_a_replica_has_stopped_is_told()
    {
        var status = StoreNodeStatus.Describe(Replica with { StoppedBecause = "entry 7 cannot be read" });

        Assert.Equal(("stopped", "entry 7 cannot be read"), (status.Role, status.StoppedBecause));
        var recovering = StoreNodeStatus.Describe(Replica);
        Assert.Equal(("recovering", ""), (recovering.Role, recovering.StoppedBecause));
    }

    [Fact]
    public void Leaders_and_losses_are_told_by_their_stores()
    {
        var status = StoreNodeStatus.Describe(Replica with { Raft = Raft });

        Assert.Equal(("leader", 1UL), (status.Role, status.LeaderStoreId));
        var loss = Assert.Single(status.DataLosses);
        Assert.Equal((2UL, 9L, 5L), (loss.StoreId, loss.AcknowledgedIndex, loss.HeldIndex));
    }
}
