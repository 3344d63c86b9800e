using TinyKv.Actors.Hosting;
using TinyKv.Actors.Kv;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;
using TinyKv.Tests.Actors.Raft;

namespace TinyKv.Tests.Actors.Regions;

public sealed class StoreActorTests : RaftPeerKit
{
    [Fact]
    public async Task A_request_that_a_stopped_peer_leaves_behind_is_refused()
    {
        using var engine = new MemoryEngine();
        Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new ReplicaBoard()));
        var gone = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        await ExpectTerminatedAsync(gone, Patience);

        // Again until the store has subscribed.
        var refusal = await Nodes.Eventually.Async(async () =>
        {
            Ask(gone, new Read(RegionId.First, null));
            await Task.Yield();
            return World.HasMessages ? await World.ExpectMsgAsync<RegionError.NotLeader>(Patience) : null;
        });

        Assert.Equal(new RegionError.NotLeader(RegionId.First, null), refusal);
    }

    [Fact]
    public async Task A_region_that_is_not_here_is_not_found()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new ReplicaBoard()));

        Ask(store, new Read(new RegionId(9), null));

        Assert.Equal(new RegionError.RegionNotFound(new RegionId(9)), await World.ExpectMsgAsync<RegionError>(Patience));
    }

    private RegionSpec SpecOf(MemoryEngine engine)
    {
        var initial = RegionOf(1);
        return new RegionSpec
        {
            Initial = initial,
            Self = initial.Peers[0],
            Applier = KvActor.Props(engine, initial, Topology.Origin.Index).WithDispatcher(""),
            Peer = (state, applier, _) => RaftPeer.Props(SpecOf(initial, applied: state.Applied) with { Applier = applier }),
            Seed = 1,
        };
    }
}
