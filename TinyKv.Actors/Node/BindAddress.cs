using System.Net;
using System.Net.Sockets;
using TinyKv.Core;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Node;

/// <summary>The address that all ports of a store are bound to.</summary>
public static class BindAddress
{
    /// <summary>The setting that names it.</summary>
    public const string Key = "tinykv.store.bind-host";

    private const string Right = "set it to one of its addresses, or to 0.0.0.0 or \"::\" for all of them";

    /// <summary>What a value of the setting means. Blocks on the name server, for a few seconds at most.</summary>
    /// <param name="host">An IP address of this machine, or a name that has one; of several it is the first.</param>
    /// <exception cref="SettingException">It is neither; says what would be right.</exception>
    public static IPAddress Resolve(string host) =>
        Choose(host, IPAddress.TryParse(host, out var literal) ? [literal] : NameLookup.Resolve([host])[host],
            address => IsHere(address, BindAnyPort));

    internal static IPAddress Choose(string host, IReadOnlyList<IPAddress> addresses, Func<IPAddress, bool> isHere)
    {
        if (addresses.FirstOrDefault(isHere) is { } address) return address;
        var why = addresses.Count == 0 ? "a name without an address"
            : addresses is [var only] && host == $"{only}" ? "which is no address of this machine"
            : $"{string.Join(" or ", addresses)}, which is no address of this machine";
        throw new SettingException(Key, $"is '{host}', {why}; {Right}") { IsTransient = true };
    }

    // The system knows. Of another failure it will say more when the ports are bound.
    internal static bool IsHere(IPAddress address, Action<IPAddress> bind)
    {
        try
        {
            bind(address);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is not (SocketError.AddressNotAvailable
                or SocketError.AddressFamilyNotSupported or SocketError.InvalidArgument);
        }
    }

    private static void BindAnyPort(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
    }
}
