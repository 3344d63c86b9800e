using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Persistence;
using Akka.TestKit.Xunit2;
using TinyKv.Core.Raft;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Internal;
using Entry = TinyKv.Core.Raft.Entry;
using RaftRecord = TinyKv.Core.Raft.RaftRecord;

namespace TinyKv.Tests.Protocol;

/// <summary>Akka itself must work where JSON and unregistered types are refused.</summary>
public sealed class StrictSerializationTests() : TestKit(Strict, "strict")
{
    private static readonly Config Strict = ConfigurationFactory.ParseString("""
        akka.loglevel = WARNING
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """).WithFallback(ProtocolConfig.Reference).WithFallback(Akka.Persistence.Persistence.DefaultConfig());

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly ActorSystem _other = ActorSystem.Create("strict", Strict);

    protected override void AfterAll()
    {
        _other.Dispose();
        base.AfterAll();
    }

    [Fact]
    public async Task Stores_form_a_cluster_talk_and_leave()
    {
        await FormClusterAsync();

        var address = Cluster.Get(Sys).SelfAddress;
        var path = new RootActorPath(address) / TestActor.Path.Elements.ToArray();
        var remote = await _other.ActorSelection(path).ResolveOne(WaitTimeout);
        remote.Tell(new StoreHello { ClusterId = 4 });
        Assert.Equal(4ul, (await ExpectMsgAsync<StoreHello>(WaitTimeout)).ClusterId);

        await CoordinatedShutdown.Get(_other).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
        await AwaitAssertAsync(() => Assert.Single(Cluster.Get(Sys).State.Members), WaitTimeout);
    }

    [Fact]
    public void A_journal_s_envelope_carries_our_events()
    {
        var entry = new Entry(new LogPosition(1, 1), EntryKind.Command, new byte[] { 1 });
        var envelope = new Persistent(new RaftRecord(1, new PeerId(1), [entry]), 1, "peer");
        var serializer = Sys.Serialization.FindSerializerFor(envelope);

        var read = serializer.FromBinary<Persistent>(serializer.ToBinary(envelope));
        Assert.Equal(entry, Assert.Single(Assert.IsType<RaftRecord>(read.Payload).Entries));
    }

    private async Task FormClusterAsync()
    {
        var seed = Cluster.Get(Sys).SelfAddress;
        await Cluster.Get(Sys).JoinAsync(seed);
        await Cluster.Get(_other).JoinAsync(seed);
        await AwaitAssertAsync(
            () => Assert.All([Sys, _other], system => Assert.Equal(
                2, Cluster.Get(system).State.Members.Count(member => member.Status == MemberStatus.Up))),
            WaitTimeout);
    }
}
