using Akka.Actor;
using Akka.Cluster;
using Akka.Serialization;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;
using Config = Akka.Configuration.ConfigurationFactory;

namespace TinyKv.Tests.Actors.Transport.Remoting;

/// <summary>What Akka.Cluster's members say to each other, from somebody who is none.</summary>
public sealed class ClusterCommandTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(1);
    private readonly OutsideSystem _outside = OutsideSystem.Start(Config.ParseString($$"""
        akka.actor {
          serializers.cluster-command = "{{typeof(ClusterCommandSerializer).AssemblyQualifiedName}}"
          serialization-bindings { "{{typeof(ClusterCommand).AssemblyQualifiedName}}" = cluster-command }
        }
        """));

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync();
        await _cluster.LeaderAsync();
        await Eventually.Async(() => Task.FromResult(Self.Status == MemberStatus.Up ? "it is a member" : null));
    }

    public async Task DisposeAsync()
    {
        await _outside.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("Akka.Cluster.ClusterUserAction+Down, Akka.Cluster")]
    [InlineData("Akka.Cluster.ClusterUserAction+Leave, Akka.Cluster")]
    public async Task A_command_to_remove_the_store_is_not_taken(string manifest)
    {
        var command = new ClusterCommand(manifest, AddressOfStore());
        _outside.Find(_cluster[1], "/system/cluster/core/daemon").Tell(command);
        _outside.Actors.ActorSelection(
            $"akka.tcp://tinykv@{_cluster[1].Settings.Self.Remoting}/system/cluster/core/daemon").Tell(command);

        // Behind what was sent, there and back.
        await _outside.Gateway(_cluster[1]).Ask<ActorIdentity>(new Identify(1), Timeouts.Long);
        await DaemonAsync();
        Assert.Equal(MemberStatus.Up, Self.Status);
        Assert.False(_cluster[1].Terminated.IsCompleted);
        await _cluster.PutAsync("k", [1]);
    }

    [Fact]
    public async Task A_system_outside_does_not_become_a_member()
    {
        var join = new ClusterCommand("Akka.Cluster.InternalClusterAction+InitJoin, Akka.Cluster", []);
        var answer = await Record.ExceptionAsync(() => _outside.Actors.ActorSelection(
            $"akka.tcp://tinykv@{_cluster[1].Settings.Self.Remoting}/system/cluster/core/daemon")
            .Ask<object>(join, TimeSpan.FromSeconds(1)));
        Assert.IsType<AskTimeoutException>(answer);
        Assert.Single(Cluster.Get(_cluster[1].System).State.Members);
    }

    [Fact]
    public async Task A_store_that_was_removed_from_the_cluster_serves_on()
    {
        var cluster = Cluster.Get(_cluster[1].System);
        cluster.Down(cluster.SelfAddress);
        await Eventually.Async(() => Task.FromResult(cluster.IsTerminated ? "it is no member" : null));

        await _cluster.PutAsync("k", [1]);
        Assert.False(_cluster[1].Terminated.IsCompleted);
        Assert.Equal(1UL, (await _cluster[1].StatusAsync(Timeouts.Long)).StoreId);
    }

    private Member Self => Cluster.Get(_cluster[1].System).SelfMember;

    // What is in the daemon's mailbox was handled when it has answered.
    private async Task DaemonAsync() => await _cluster[1].System.ActorSelection("/system/cluster/core/daemon")
        .Ask<ActorIdentity>(new Identify(1), Timeouts.Long);

    private byte[] AddressOfStore() =>
    [
        .. RemotingPeer.Text(1, "tinykv"),
        .. RemotingPeer.Text(2, "127.0.0.1"),
        .. RemotingPeer.Number(3, (ulong)_cluster[1].Settings.Self.RemotingPort),
        .. RemotingPeer.Text(4, "akka.tcp"),
    ];

    private sealed record ClusterCommand(string Manifest, byte[] Bytes);

    private sealed class ClusterCommandSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 5;

        public override string Manifest(object o) => ((ClusterCommand)o).Manifest;

        public override byte[] ToBinary(object obj) => ((ClusterCommand)obj).Bytes;

        public override object FromBinary(byte[] bytes, string manifest) => new ClusterCommand(manifest, bytes);
    }
}
