using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;
using TinyKv.Tests.Actors.Apply;
using TinyKv.Tests.Actors.Raft;

namespace TinyKv.Tests.Actors.Regions;

public sealed class StoreActorTests : RaftPeerKit
{
    [Fact]
    public async Task A_request_that_a_stopped_peer_leaves_behind_is_refused()
    {
        using var engine = new MemoryEngine();
        Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new RegionTable()));
        var gone = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        await ExpectTerminatedAsync(gone, WaitTimeout);

        // Again until the store has subscribed.
        var refusal = await Node.Eventually.Async(async () =>
        {
            Ask(gone, new Read(RegionId.First, null));
            await Task.Yield();
            return World.HasMessages ? await World.ExpectMsgAsync<RegionError.NotLeader>(WaitTimeout) : null;
        });

        Assert.Equal(new RegionError.NotLeader(RegionId.First, null), refusal);
    }

    [Fact]
    public async Task A_region_that_is_not_here_is_not_found()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new RegionTable()));
        store.Tell(Begin.Instance, TestActor);

        Ask(store, new Read(new RegionId(9), null));

        Assert.Equal(new RegionError.RegionNotFound(new RegionId(9)), await World.ExpectMsgAsync<RegionError>(WaitTimeout));
    }

    [Fact]
    public async Task Before_the_cluster_is_formed_nothing_is_led()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new RegionTable()));

        Ask(store, new Read(RegionId.First, null));

        Assert.Equal(
            new RegionError.NotLeader(RegionId.First, null), await World.ExpectMsgAsync<RegionError>(WaitTimeout));
    }

    [Fact]
    public async Task Whoever_forms_the_cluster_hears_of_each_replica_that_was_born()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props([SpecOf(engine)], new RegionTable()));

        store.Tell(Begin.Instance, TestActor);

        Assert.Equal(new RegionCreated(RegionId.First), await ExpectMsgAsync<RegionCreated>(WaitTimeout));
    }

    private RegionSpec SpecOf(MemoryEngine engine)
    {
        var initial = RegionOf(1);
        return new RegionSpec
        {
            Initial = initial,
            Self = initial.Peers[0],
            Applier = ApplyActor.Props(engine, ApplyActorKit.KvSpec(initial, Topology.Origin.Index)),
            Peer = (state, applier, _, _) => RaftPeer.Props(SpecOf(initial, applied: state.Applied) with { Applier = applier }),
            Seed = 1,
        };
    }
}
