using System.Net;
using System.Net.Sockets;
using TinyKv.Core;

namespace TinyKv.Testing;

/// <summary>The ports of one store.</summary>
internal readonly record struct StorePorts(int Grpc, int Status, int Remoting);

/// <summary>
/// Chooses ports that nobody listens on. They are below those that the system hands out to connections, so that none of
/// these takes one before its store does.
/// </summary>
internal static class FreePorts
{
    private const int Lowest = 10_000;
    private const int Highest = 32_000;
    private const int Tries = 1000;

    /// <summary>Ports for some stores.</summary>
    /// <exception cref="TinyKvException">There are not enough.</exception>
    public static IReadOnlyList<StorePorts> Take(int stores)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var tries = 0; held.Count < stores * 3; tries++)
            {
                if (tries == Tries) throw new TinyKvException($"no free ports from {Lowest} to {Highest}");
                if (Listen(Random.Shared.Next(Lowest, Highest)) is { } listener) held.Add(listener);
            }
            var ports = held.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
            return [.. ports.Chunk(3).Select(three => new StorePorts(three[0], three[1], three[2]))];
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }

    /// <summary>Whether a store did not start because somebody has taken a port of its.</summary>
    public static bool WasTaken(TinyKvException refusal) => refusal.InnerException is SocketException or IOException
    {
        InnerException: Microsoft.AspNetCore.Connections.AddressInUseException
    };

    private static TcpListener? Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
