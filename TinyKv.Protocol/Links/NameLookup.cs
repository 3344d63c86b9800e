using System.Net;
using System.Net.Sockets;
using TinyKv.Core;

namespace TinyKv.Protocol.Links;

/// <summary>
/// Which addresses remoting must look up for the names that it connects to. DotNetty takes one family for all of them, IPv4
/// unless told otherwise, and has nothing to say about a name that has none of it.
/// </summary>
internal static class NameLookup
{
    // A name server that is away must not hold up the start; what it knows can wait, in most cases.
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The addresses of names; a name that cannot be looked up now has none.</summary>
    public static Dictionary<string, IPAddress[]> Resolve(IEnumerable<string> hosts)
    {
        var names = hosts.Distinct(StringComparer.OrdinalIgnoreCase).Where(host => !IPAddress.TryParse(host, out _)).ToList();
        using var limit = new CancellationTokenSource(LookupTimeout);
        var lookups = names.Select(name => Task.Run(() => ResolveAsync(name, limit.Token))).ToArray();
        Task.WaitAll(lookups, LookupTimeout);
        return names.Zip(lookups).ToDictionary(
            pair => pair.First, pair => pair.Second.IsCompletedSuccessfully ? pair.Second.Result : [],
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether IPv6 is to be looked up: when a name has nothing else.</summary>
    /// <param name="addresses">The addresses of every name.</param>
    /// <exception cref="TinyKvException">Of two names one has only IPv4 and the other only IPv6 addresses.</exception>
    public static bool UsesIpv6(IReadOnlyDictionary<string, IPAddress[]> addresses)
    {
        var ipv6 = Only(addresses, AddressFamily.InterNetworkV6);
        var ipv4 = Only(addresses, AddressFamily.InterNetwork);
        if (ipv6 is not null && ipv4 is not null)
            throw new TinyKvException($"the host {ipv6} has only IPv6 addresses and {ipv4} only IPv4 addresses; "
                + "remoting looks up one kind for all names: write an IP address in place of one of them");
        return ipv6 is not null;
    }

    private static string? Only(IReadOnlyDictionary<string, IPAddress[]> addresses, AddressFamily family) => addresses
        .Where(name => name.Value.Length > 0 && Array.TrueForAll(name.Value, address => address.AddressFamily == family))
        .Select(name => name.Key).Order(StringComparer.Ordinal).FirstOrDefault();

    private static async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, cancellation);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return [];
        }
    }
}
