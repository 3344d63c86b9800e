using System.Net;
using System.Net.Sockets;

namespace TinyKv.Tests;

/// <summary>Ports for servers that must know their number before they listen. They lie below those that the system
/// gives to connections, so that none of these takes them meanwhile, and each is given to one test only.</summary>
internal static class Ports
{
    private const int First = 21_000;
    private const int End = 32_000;

    private static readonly Lock Giving = new();

    // At random, because other test runs on this machine choose too.
    private static int _next = Random.Shared.Next(First, End);

    /// <summary>The first of so many consecutive ports on which nobody listens now.</summary>
    public static int Free(int count = 1)
    {
        lock (Giving)
        {
            for (var attempt = 0; attempt < 1000; attempt++)
            {
                if (_next + count > End) _next = First;
                var first = _next;
                _next += count;
                if (Enumerable.Range(first, count).All(IsFree)) return first;
            }
        }
        throw new InvalidOperationException($"there are no {count} consecutive free ports");
    }

    private static bool IsFree(int port)
    {
        using var probe = new TcpListener(IPAddress.Loopback, port);
        try
        {
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
