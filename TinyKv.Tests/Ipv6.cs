using System.Net;
using System.Net.Sockets;

namespace TinyKv.Tests;

/// <summary>IPv6, which many containers do without.</summary>
internal static class Ipv6
{
    /// <summary>Skips the rest of a test on a machine without it.</summary>
    public static void Require() => Skip.IfNot(IsHere, "IPv6 is disabled on this machine");

    private static bool IsHere
    {
        get
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
