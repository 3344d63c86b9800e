using System.Net;
using System.Net.Sockets;
using TinyKv.Core;

namespace TinyKv.Testing;

/// <summary>
/// Ports of the loopback interface for servers that must know their numbers before they listen. They are below those
/// that the system hands out to connections, so that none of these takes one before its server does, and a process is
/// given none twice before it was given all.
/// </summary>
/// <remarks>
/// Another process may take a port between its choice and its use: whoever starts a server on it sees that it is in use,
/// and chooses again.
/// </remarks>
public static class FreePorts
{
    // Above the ports that stores, TiKV and etcd use by default.
    private const int First = 21_000;
    private const int End = 32_000;

    private static readonly Lock Choosing = new();

    // At random, because other processes on this machine choose, too.
    private static int _next = Random.Shared.Next(First, End);

    /// <summary>A port on which nobody listens.</summary>
    /// <exception cref="TinyKvException">There is none.</exception>
    public static int Take() => TakeRange(1);

    /// <summary>The first of some consecutive ports on which nobody listens.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="TinyKvException">There are not so many.</exception>
    public static int TakeRange(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (Choosing)
        {
            for (var looked = 0; looked < End - First; looked += count)
            {
                if (_next + count > End) _next = First;
                var first = _next;
                _next += count;
                if (Enumerable.Range(first, count).All(IsFree)) return first;
            }
        }
        throw new TinyKvException($"no {count} free ports in a row from {First} to {End}");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
