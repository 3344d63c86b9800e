using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>What a peer makes of a store that is disconnected.</summary>
public sealed class RaftPeerDisconnectionTests : RaftPeerKit
{
    [Fact]
    public async Task A_follower_polls_soon_after_its_leaders_store_is_gone()
    {
        var peer = await FollowAsync();

        peer.Tell(new StoreDisconnected(new StoreId(2)));
        Tick(peer, new RaftOptions().HeartbeatTicks + 1);

        await SentAsync<RaftMessage.PreVote>();
    }

    [Fact]
    public async Task Another_store_that_is_gone_is_none_of_its_concern()
    {
        var peer = await FollowAsync();

        peer.Tell(new StoreDisconnected(new StoreId(3)));
        Tick(peer, new RaftOptions().ElectionTicks - 1);

        Assert.Equal(RoleKind.Follower, (await StatusAfterAsync(peer)).Role);
    }

    private async Task<IActorRef> FollowAsync()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        FromOther(peer, 7, new RaftMessage.Heartbeat(0, 1));
        await SentAsync<RaftMessage.HeartbeatReply>();
        return peer;
    }
}
