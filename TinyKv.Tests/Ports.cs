using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TinyKv.Tests;

/// <summary>
/// Ports for servers of tests: below those that the system hands out to connections, so that none of these can take one
/// before its server binds it, and each given to one test of this run.
/// </summary>
internal static class Ports
{
    private const int First = 22_000;
    private const int End = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>Single ports.</summary>
    public static int[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => FreeRange(1))];

    /// <summary>The first of consecutive ports.</summary>
    public static int FreeRange(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(First, End - count);
            var range = Enumerable.Range(first, count).ToList();
            if (range.TrueForAll(IsFree) && range.TrueForAll(port => Given.TryAdd(port, true))) return first;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return !Given.ContainsKey(port);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
