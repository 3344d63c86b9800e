using Grpc.Core;
using TinyKv.Actors.Regions;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Server.Grpc;

/// <summary><c>tinykv.admin.v1.Admin/ChangePeer</c>.</summary>
public sealed class ChangePeerTests : ServedTests
{
    private Admin.AdminClient Tools => new(Ports.Channel);

    [Fact]
    public async Task A_replica_that_is_new_gets_a_number_of_its_own()
    {
        Know();
        Store.Steps.Enqueue(new MemberStep("a new replica needs a number", NeedsNumber: true));
        Store.Steps.Enqueue(new MemberStep("the change is under way"));
        Store.Steps.Enqueue(new MemberStep(null));

        var first = await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 3, HasPeer = true });
        var second = await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 3, HasPeer = true });

        Assert.Equal((false, "the change is under way"), (first.Done, first.UnderWay));
        Assert.Equal((true, ""), (second.Done, second.UnderWay));
        Assert.Equal([PeerId.None, new PeerId(1000), PeerId.None], Store.Goals.Select(goal => ((MemberGoal.Voter)goal).NewPeer));
    }

    [Fact]
    public async Task A_store_that_is_not_in_the_cluster_gets_no_replica_and_may_lose_one()
    {
        Know();
        Store.Steps.Enqueue(new MemberStep("", NeedsNumber: true));
        Store.Steps.Enqueue(new MemberStep(null));

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 99, HasPeer = true }));
        var removed = await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 99 });

        Assert.Equal((StatusCode.NotFound, "there is no store 99 in the cluster"), (refused.StatusCode, refused.Status.Detail));
        Assert.True(removed.Done);
    }

    [Fact]
    public async Task A_store_that_is_about_to_leave_gets_no_replica()
    {
        Know();
        Store.Steps.Enqueue(new MemberStep("", NeedsNumber: true));

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 4, HasPeer = true }));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Single(Store.Goals);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_the_reason()
    {
        Store.RegionRefusal = new RegionRefusedException(RegionRefusalKind.NotPossible, "because");

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await Tools.ChangePeerAsync(new ChangePeerRequest { RegionId = 1, StoreId = 3 }));

        Assert.Equal((StatusCode.FailedPrecondition, "because"), (refused.StatusCode, refused.Status.Detail));
    }

    private void Know() =>
        Store.Members.Stores = StoreDirectory.Of(77, 3, 4, [Info(3, StoreState.Up), Info(4, StoreState.Offline)]);

    private static StoreInfo Info(ulong id, StoreState state) => new()
    {
        Id = new StoreId(id),
        Directory = new DirectoryId(id),
        Addresses = new StoreAddresses($"host{id}", 101, 102, 103, 104),
        State = state,
    };
}
