// A program that finds a store, and uses it, through Akka's ClusterClient.
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Raw.V1;

var endpoint = args is [var given] ? given : "127.0.0.1:4053";
var config = ConfigurationFactory.ParseString("""
    akka {
      loglevel = ERROR
      stdout-loglevel = ERROR
      actor.provider = remote
      remote.dot-netty.tcp {
        hostname = "127.0.0.1"
        port = 0
        # Akka's default of 128,000 bytes is less than one value may have.
        maximum-frame-size = 16MiB
        send-buffer-size = 4MiB
        receive-buffer-size = 4MiB
      }
    }
    """).WithFallback(ProtocolConfig.Reference)
    .WithFallback(ClusterClientReceptionist.DefaultConfig()).WithFallback(DistributedPubSub.DefaultConfig());
using var system = ActorSystem.Create("newspaper", config);
var contacts = ImmutableHashSet.Create(ActorPath.Parse($"akka.tcp://tinykv@{endpoint}/system/receptionist"));
var client = system.ActorOf(ClusterClient.Props(
    ClusterClientSettings.Create(system).WithInitialContacts(contacts)));

var headline = ByteString.CopyFromUtf8("headline");
await AskAsync(new PutRequest { Key = headline, Value = ByteString.CopyFromUtf8("any store will do") });
var read = await AskAsync(new GetRequest { Key = headline });
Console.WriteLine($"headline: {read.Value.Value.ToStringUtf8()}");
await system.Terminate();

async Task<TReply> AskAsync<TReply>(IRawRequest<TReply> request) where TReply : class, IRawReply, new()
{
    var reply = await client.Ask<TReply>(
        new ClusterClient.Send("/user/gateway", request, localAffinity: true), TimeSpan.FromSeconds(10));
    return reply is { RegionError: null, Error: "" } ? reply
        : throw new InvalidOperationException($"refused: {reply.Error}{reply.RegionError?.Message}");
}
