using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using TinyKv.Actors.Node;
using TinyKv.Client;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Hosting;

/// <summary>
/// Stores serve again without an operator, whatever remoting and the Akka cluster think of each other meanwhile.
/// </summary>
[Trait("lane", "slow")]
public sealed class ComingBackTests
{
    private static readonly byte[] Key = [1];
    private static readonly byte[] Value = [2];

    [Fact]
    public async Task A_leader_whose_disk_stands_still_lets_another_lead()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await PutAsync(cluster, Key, Value);
        var leader = await cluster.LeaderAsync(Timeouts.Long);

        cluster.PauseDisk(leader.Id);
        var held = Record.ExceptionAsync(() => cluster.Raw.PutAsync(Key, Key));
        await Eventually.Async(() => Task.FromResult(leader.IsLeader ? null : "it has stepped down"));
        await PutAsync(cluster, Value, Value);

        cluster.ResumeDisk(leader.Id);
        await cluster.WhenReadyAsync(Timeouts.Long);
        await held;
        Assert.Equal(Value, await cluster.Raw.GetAsync(Value, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task Two_stores_that_have_shut_each_other_out_replicate_all_the_same()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await PutAsync(cluster, Key, Value);
        var (one, two) = (cluster[1].Node, cluster[2].Node);

        Provider(one.System).Quarantine(AddressOf(two), AddressUidExtension.Uid(two.System));
        await cluster.KillStoreAsync(3);

        await PutAsync(cluster, Key, Key);
        Assert.False(one.Terminated.IsCompleted || two.Terminated.IsCompleted);
    }

    [Fact]
    public async Task A_store_that_was_started_again_serves_while_the_members_of_the_cluster_cannot_agree()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await PutAsync(cluster, Key, Value);
        foreach (var store in cluster.Stores)
            await Eventually.Async(() => Task.FromResult(UpIn(store) == 3 ? "all are members" : null));

        await cluster.KillStoreAsync(3);
        await cluster.KillStoreAsync(2);
        await cluster.StartStoreAsync(2, Timeouts.Long);

        await PutAsync(cluster, Key, Key);
        await cluster.WhenReadyAsync(Timeouts.Long);
        // The one that stays away has to see, before anything is decided, that the new incarnation of the other is let in.
        Assert.NotEqual(MemberStatus.Up, Cluster.Get(cluster[2].Node.System).SelfMember.Status);
    }

    // On a busy machine the leader may change at any moment, which leaves a write undetermined: this one may be repeated.
    private static async Task PutAsync(TinyKvCluster cluster, byte[] key, byte[] value)
    {
        var options = new TinyKvClientOptions { Endpoints = cluster.Endpoints, RetryUndeterminedWrites = true };
        await using var client = await TinyKvClient.ConnectAsync(options, Timeouts.Long);
        await client.Raw.PutAsync(key, value, cancellation: Timeouts.Long);
    }

    private static IRemoteActorRefProvider Provider(ActorSystem system) =>
        (IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider;

    private static Address AddressOf(StoreNode node) => Cluster.Get(node.System).SelfAddress;

    private static int UpIn(ClusterStore store) =>
        Cluster.Get(store.Node.System).State.Members.Count(member => member.Status == MemberStatus.Up);
}
