// Actors of a program of its own that keep their state in TinyKv, over plain Akka.Remote.
using Akka.Actor;
using Akka.Configuration;
using RemoteActors;
using TinyKv.Protocol.Serialization;

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
    """).WithFallback(ProtocolConfig.Reference);
using var system = (ExtendedActorSystem)ActorSystem.Create("market", config);

var gateway = system.Provider.ResolveActorRef($"akka.tcp://tinykv@{endpoint}/user/gateway");
var closed = new TaskCompletionSource();
system.ActorOf(Props.Create(() => new Shop(gateway, closed)), "shop");
await closed.Task;
await system.Terminate();
