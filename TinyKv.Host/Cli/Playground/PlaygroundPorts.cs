using System.Net;
using System.Net.Sockets;
using TinyKv.Core;

namespace TinyKv.Host.Cli.Playground;

/// <summary>The ports of one store.</summary>
internal readonly record struct StorePorts(int Grpc, int Status, int Remoting, int Raft);

/// <summary>Which ports the stores of a playground use.</summary>
internal static class PlaygroundPorts
{
    /// <summary>Where TiKV's clients look first.</summary>
    public const int DefaultBase = 20160;

    /// <summary>All ports of all stores are above it by less than a hundred.</summary>
    public const int MaxBase = 65_000;

    /// <summary>So that the four kinds of ports, twenty apart, do not meet.</summary>
    public const int MaxStores = 20;

    /// <summary>The ports of a store, counted from 0. Off the default base everything moves together, so that
    /// playgrounds do not meet at the ports between stores.</summary>
    public static StorePorts Of(int basePort, int index) => new(
        basePort + index, basePort + 20 + index,
        (basePort == DefaultBase ? 4053 : basePort + 40) + index,
        (basePort == DefaultBase ? 4073 : basePort + 60) + index);

    /// <summary>Refuses ports that someone listens on, before anything is started.</summary>
    /// <exception cref="TinyKvException">At least one is taken; names it.</exception>
    public static void RequireFree(int basePort, int stores)
    {
        for (var index = 0; index < stores; index++)
        {
            var ports = Of(basePort, index);
            RequireFree(ports.Grpc, $"gRPC of store {index + 1}");
            RequireFree(ports.Status, $"status of store {index + 1}");
            RequireFree(ports.Remoting, $"remoting of store {index + 1}");
            RequireFree(ports.Raft, $"Raft of store {index + 1}");
        }
    }

    private static void RequireFree(int port, string purpose)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException error)
        {
            throw new TinyKvException(
                $"port {port} ({purpose}) is in use: stop who listens there, or choose another --base-port", error);
        }
        finally
        {
            listener.Dispose();
        }
    }
}
