using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TinyKv.Core;

/// <summary>An address as people write it: <c>HOST:PORT</c>, where the host is a name, an IPv4 address, or an IPv6
/// address in brackets.</summary>
/// <param name="Host">Without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record HostPort(string Host, int Port)
{
    /// <summary>What <see cref="TryParse"/> takes, for messages.</summary>
    public const string Expected = "expected HOST:PORT, such as 127.0.0.1:20160";

    /// <summary>Reads an address; the port is not optional.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostPort? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParseHost(text[..colon], out var host)) return false;
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0) return false;
        address = new HostPort(Canonical(host), port);
        return true;
    }

    /// <summary>The usual text of a host: what names the same IPv6 address is the same text.</summary>
    public static string Canonical(string host) => Uri.CheckHostName(host) == UriHostNameType.IPv6
        ? new Uri($"http://[{host.Trim('[', ']')}]").DnsSafeHost : host;

    /// <summary>As it is written.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool TryParseHost(string text, out string host)
    {
        var isBracketed = text[0] == '[' && text[^1] == ']';
        host = isBracketed ? text[1..^1] : text;
        // The library takes an IPv6 address with or without brackets of its own.
        return isBracketed ? !host.StartsWith('[') && Uri.CheckHostName(host) == UriHostNameType.IPv6
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }
}
