using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Protocol.Serialization;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>An actor system of a program that uses the store, or attacks it; no member of its cluster.</summary>
internal sealed class OutsideSystem(ActorSystem system) : IAsyncDisposable
{
    public ActorSystem Actors => system;

    /// <summary>One that is configured as the documents say.</summary>
    public static OutsideSystem Friendly() => Start(ProtocolConfig.Reference
        .WithFallback(ClusterClientReceptionist.DefaultConfig()).WithFallback(DistributedPubSub.DefaultConfig()));

    /// <summary>One with all of Akka's serializers, and some of its own.</summary>
    public static OutsideSystem Hostile() => Start(ConfigurationFactory.ParseString($$"""
        akka.actor {
          serializers.evil = "{{typeof(EvilSerializer).AssemblyQualifiedName}}"
          serializers.foreign = "{{typeof(ForeignSerializer).AssemblyQualifiedName}}"
          serialization-bindings {
            "{{typeof(Evil).AssemblyQualifiedName}}" = evil
            "{{typeof(Foreign).AssemblyQualifiedName}}" = foreign
          }
        }
        # More than a store takes.
        akka.remote.dot-netty.tcp.maximum-frame-size = 64MiB
        """));

    /// <summary>One with a configuration of its own.</summary>
    public static OutsideSystem Start(Config config) => new(ActorSystem.Create("outside", config.WithFallback(
        ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp {
          hostname = "127.0.0.1"
          port = 0
          maximum-frame-size = 16MiB
          send-buffer-size = 4MiB
          receive-buffer-size = 4MiB
        }
        """))));

    /// <summary>A reference to an actor of a store.</summary>
    public IActorRef Find(StoreNode node, string path) => ((ExtendedActorSystem)system).Provider.ResolveActorRef(
        $"akka.tcp://tinykv@{node.Settings.Self.Remoting}{path}");

    public IActorRef Gateway(StoreNode node) => Find(node, "/user/gateway");

    public async ValueTask DisposeAsync()
    {
        await system.Terminate();
        system.Dispose();
    }
}

/// <summary>Something that leaves under the number of our own serializer.</summary>
internal sealed record Evil(string Manifest, byte[] Bytes);

internal sealed class EvilSerializer(ExtendedActorSystem system) : Akka.Serialization.SerializerWithStringManifest(system)
{
    public override int Identifier => 20160;

    public override string Manifest(object o) => ((Evil)o).Manifest;

    public override byte[] ToBinary(object obj) => ((Evil)obj).Bytes;

    public override object FromBinary(byte[] bytes, string manifest) => new Evil(manifest, bytes);
}

/// <summary>Something that leaves under the number of a serializer that a store does not have.</summary>
internal sealed record Foreign(string Manifest);

internal sealed class ForeignSerializer(ExtendedActorSystem system) : Akka.Serialization.SerializerWithStringManifest(system)
{
    // Hyperion's, which creates any type.
    public override int Identifier => -5;

    public override string Manifest(object o) => ((Foreign)o).Manifest;

    public override byte[] ToBinary(object obj) => [0xFF, 0x01];

    public override object FromBinary(byte[] bytes, string manifest) => new Foreign(manifest);
}
