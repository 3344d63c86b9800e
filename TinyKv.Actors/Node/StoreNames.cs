using System.Net;
using System.Net.Sockets;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Node;

/// <summary>What the names of the stores and the address that this one binds to mean for remoting.</summary>
/// <param name="Bind">Where to bind.</param>
/// <param name="UsesIpv6">Whether names are looked up as IPv6; as IPv4 otherwise.</param>
internal sealed record StoreNames(IPAddress Bind, bool UsesIpv6)
{
    /// <summary>Looks the names up.</summary>
    /// <param name="settings">Of the store.</param>
    /// <param name="bind">What its bind address was found to be; null: it is looked up, too.</param>
    /// <exception cref="SettingException">Stores would not find each other; says what to set.</exception>
    public static StoreNames Lookup(TinyKvSettings settings, IPAddress? bind) =>
        Lookup(settings, bind ?? BindAddress.Resolve(settings.BindHost),
            NameLookup.Resolve(HostsOf(settings)));

    // Whoever joins knows the others by their endpoints.
    private static IEnumerable<string> HostsOf(TinyKvSettings settings) => settings.Join is not { } join
        ? settings.Stores.Select(store => store.Host)
        : join.Endpoints.Select(each => HostPort.TryParse(each, out var there) ? there.Host : each).Prepend(join.Address.Host);

    internal static StoreNames Lookup(
        TinyKvSettings settings, IPAddress bind, Dictionary<string, IPAddress[]> addresses)
    {
        var self = settings.Self;
        var known = IPAddress.TryParse(self.Host, out var literal) ? [literal] : addresses.GetValueOrDefault(self.Host, []);
        var reached = Array.FindAll(known, address => Listens(bind, address));
        // An address of another machine's may lead here all the same, by translation; not to the loopback address.
        if (known.Length > 0 && reached.Length == 0 && IPAddress.IsLoopback(bind)) throw Unreachable(settings, bind, known[0]);
        if (literal is null && reached.Length > 0) addresses[self.Host] = reached;
        try
        {
            return new StoreNames(bind, NameLookup.UsesIpv6(addresses));
        }
        catch (TinyKvException e)
        {
            // Only names are compared, and what they mean may change.
            throw new SettingException("tinykv.cluster.stores", $"does not suit remoting: {e.Message}") { IsTransient = true };
        }
    }

    private static bool Listens(IPAddress bind, IPAddress address) =>
        bind.Equals(IPAddress.IPv6Any) || bind.AddressFamily == address.AddressFamily;

    private static SettingException Unreachable(TinyKvSettings settings, IPAddress bind, IPAddress address)
    {
        var (is6, all) = address.AddressFamily == AddressFamily.InterNetworkV6 ? ("IPv6", "\"::\"") : ("IPv4", "0.0.0.0");
        return new SettingException(BindAddress.Key, $"is {bind}, where nobody reaches {settings.StoreId}: "
            + $"its host, {settings.Self.Host}, has only {is6} addresses, "
            + $"such as {(is6 == "IPv6" ? $"\"{address}\"" : $"{address}")}; set it to one of them, or to {all}")
        {
            IsTransient = !IPAddress.TryParse(settings.Self.Host, out _) || !IPAddress.TryParse(settings.BindHost, out _),
        };
    }
}
