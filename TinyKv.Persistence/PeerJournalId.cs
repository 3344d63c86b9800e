using System.Globalization;
using System.Text.RegularExpressions;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence;

/// <summary>The name under which a peer's events are in a journal; unique among all stores of all clusters.</summary>
/// <param name="Cluster">The cluster's number.</param>
/// <param name="Store">The store.</param>
/// <param name="Region">The region.</param>
/// <param name="Peer">The replica.</param>
public readonly partial record struct PeerJournalId(ulong Cluster, StoreId Store, RegionId Region, PeerId Peer)
{
    /// <summary>What the names of all peers of a store begin with.</summary>
    public static string PrefixOf(ulong cluster, StoreId store) => $"c{cluster}-s{store.Value}-";

    /// <summary>Reads a name; null when it is no peer's.</summary>
    public static PeerJournalId? Parse(string name)
    {
        var match = Form().Match(name);
        return match.Success && Number("c") is { } cluster && Number("s") is { } store && Number("r") is { } region
            && Number("p") is { } peer
            ? new PeerJournalId(cluster, new StoreId(store), new RegionId(region), new PeerId(peer)) : null;

        ulong? Number(string group) => ulong.TryParse(
            match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{PrefixOf(Cluster, Store)}r{Region.Value}-p{Peer.Value}";

    [GeneratedRegex("^c(?<c>[0-9]+)-s(?<s>[0-9]+)-r(?<r>[0-9]+)-p(?<p>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
