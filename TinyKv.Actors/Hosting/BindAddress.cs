using System.Net;
using System.Net.Sockets;
using TinyKv.Core;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Hosting;

/// <summary>The address that all ports of a store are bound to.</summary>
internal static class BindAddress
{
    /// <summary>The setting that names it.</summary>
    public const string Key = "tinykv.store.bind-host";

    private const string Right = "set it to one of its addresses, or to 0.0.0.0 or \"::\" for all of them";

    /// <summary>What a value of the setting means. Blocks on the name server, for a few seconds at most.</summary>
    /// <param name="host">An IP address of this machine, or a name that has one.</param>
    /// <exception cref="SettingException">It is neither; says what would be right.</exception>
    public static IPAddress Resolve(string host)
    {
        if (!IPAddress.TryParse(host, out var address))
            address = NameLookup.Resolve([host])[host].FirstOrDefault()
                ?? throw new SettingException(Key, $"is '{host}', a name without an address; {Right}")
                {
                    IsTransient = true,
                };
        if (!IsOfThisMachine(address))
            throw new SettingException(Key,
                $"is '{host}', {(host == $"{address}" ? "which" : $"{address}, which")} is no address of this machine; {Right}")
            {
                IsTransient = true,
            };
        return address;
    }

    // The system knows, and says so when asked to bind; any free port will do.
    private static bool IsOfThisMachine(IPAddress address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable
            or SocketError.AddressFamilyNotSupported or SocketError.InvalidArgument)
        {
            return false;
        }
    }
}
