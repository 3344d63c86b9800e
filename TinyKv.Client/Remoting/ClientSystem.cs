using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using TinyKv.Core;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client.Remoting;

/// <summary>The actor system that a client speaks from: its own, or the application's.</summary>
internal static class ClientSystem
{
    private const string FrameSize = "akka.remote.dot-netty.tcp.maximum-frame-size";

    // The largest request or reply there is, and its envelope.
    private const long NeededFrameBytes = 10 * 1024 * 1024;

    // Failures reach the callers as exceptions, hence no log.
    private const string Settings = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          actor.provider = remote
          coordinated-shutdown {
            exit-clr = off
            run-by-clr-shutdown-hook = off
            run-by-actor-system-terminate = off
          }
          remote {
            retry-gate-closed-for = 1s
            transport-failure-detector { heartbeat-interval = 1s, acceptable-heartbeat-pause = 6s }
            dot-netty.tcp {
              port = 0
              connection-timeout = 2s
              maximum-frame-size = 16MiB
              send-buffer-size = 4MiB
              receive-buffer-size = 4MiB
            }
          }
        }
        """;

    /// <summary>Starts a system of the client's own.</summary>
    /// <param name="endpoint">A store, by which the address of this machine is chosen that it reaches the client
    /// at.</param>
    public static ActorSystem Start(string endpoint)
    {
        _ = HostPort.TryParse(endpoint, out var store);
        var usesIpv6 = NameLookup.UsesIpv6(NameLookup.Resolve([store!.Host])) ? "on" : "off";
        return ActorSystem.Create(
            "tinykv-client",
            ConfigurationFactory.ParseString($$"""
                akka.remote.dot-netty.tcp { hostname = "{{AddressTowards(store)}}", dns-use-ipv6 = {{usesIpv6}} }
                """)
                .WithFallback(ConfigurationFactory.ParseString(Settings)).WithFallback(ProtocolConfig.Reference));
    }

    /// <summary>Requires of the application's system what the client needs.</summary>
    /// <exception cref="TinyKvInvalidRequestException">Something is missing.</exception>
    public static void Check(ActorSystem system)
    {
        if (((ExtendedActorSystem)system).Provider is not IRemoteActorRefProvider)
            throw Invalid(system, "akka.actor.provider must be remote or cluster");
        if (system.Serialization.FindSerializerForType(typeof(PutRequest)) is not TinyKvSerializer)
            throw Invalid(system, "its configuration lacks that of TinyKv.Protocol, ProtocolConfig.Reference");
        var frame = system.Settings.Config.GetByteSize(FrameSize) ?? 0;
        if (frame < NeededFrameBytes) throw Invalid(system, $"{FrameSize} is {frame} bytes; 16MiB are right");
    }

    private static TinyKvInvalidRequestException Invalid(ActorSystem system, string why) =>
        new($"the actor system '{system.Name}' cannot speak to a store: {why}");

    // Nothing is sent: connecting a datagram socket only looks up the route.
    private static IPAddress AddressTowards(HostPort store)
    {
        try
        {
            using var probe = new Socket(SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(store.Host, store.Port);
            var local = ((IPEndPoint)probe.LocalEndPoint!).Address;
            return local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
        }
        catch (SocketException)
        {
            return IPAddress.Loopback;
        }
    }
}
