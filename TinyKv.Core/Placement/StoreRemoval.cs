using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>A region as a store that leads it knows it.</summary>
/// <param name="Region">The region, with its members.</param>
/// <param name="Term">In which it leads.</param>
public readonly record struct LedRegion(Region Region, long Term);

/// <summary>
/// Whether a store has no replica left, by what those say that lead regions. Pure: a rule, no state. It is only certain when
/// they lead all regions that there are: when the placement group is among them, and every key is in one of the others.
/// </summary>
public static class StoreRemoval
{
    /// <summary>Why a store cannot have gone: it has replicas; null when it has none, as far as is known.</summary>
    public static RegistryRefusal? RefusalOf(StoreId store, IEnumerable<LedRegion> led)
    {
        var held = Newest(led).Where(region => region.PeerOn(store) is not null).OrderBy(region => region.Id.Value).ToList();
        if (held.Count == 0) return null;
        var replicas = held.Select(region =>
            $"{(region.Id == RegionId.Placement ? "placement" : region.Id)} (peer {region.PeerOn(store)!.Value.Id.Value})");
        return new RegistryRefusal(RegistryRefusalKind.HasReplicas,
            $"{store} still has replicas, which must be removed first: of {string.Join(", of ", replicas)}");
    }

    /// <summary>Which regions nobody leads of whom is known, so that their members are not known either; empty when all are
    /// led.</summary>
    public static string UnknownOf(IEnumerable<LedRegion> led)
    {
        var known = Newest(led);
        if (!known.Exists(region => region.Id == RegionId.Placement)) return "of placement";
        // The first key that none of them holds, going up from the first there is.
        ReadOnlyMemory<byte> next = default;
        while (known.Find(region => region.Id != RegionId.Placement && region.Range.Contains(next.Span)) is { } holder)
        {
            if (!holder.Range.IsBounded) return "";
            next = holder.Range.End;
        }
        return $"of the region that holds the key {(next.IsEmpty ? "\"\"" : Convert.ToHexString(next.Span))}";
    }

    // Who was deposed may still believe that he leads.
    private static List<Region> Newest(IEnumerable<LedRegion> led) => [.. led.GroupBy(each => each.Region.Id)
        .Select(region => region.MaxBy(each => each.Term).Region)];
}
