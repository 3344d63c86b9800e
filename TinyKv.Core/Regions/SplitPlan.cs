using TinyKv.Core.Commands;
using TinyKv.Core.Keys;

namespace TinyKv.Core.Regions;

/// <summary>
/// What a split makes of a region. The left half stays the region, the right half becomes a new one, as in TinyKV; both have
/// the region's epoch with one more version, so that whoever knew it before is told of both.
/// </summary>
public static class SplitPlan
{
    /// <summary>Why a region cannot be split so, now; null when it can. The leader asks before it proposes a split, and every
    /// replica when it applies it: the region may have changed in between.</summary>
    public static RegionError? Refusal(Region region, SplitRegion split)
    {
        if (split.Epoch != region.Epoch || split.NewPeers.Length != region.Peers.Length)
            return new RegionError.EpochNotMatch([region]);
        return CanSplitAt(region, split.Key) ? null : new RegionError.KeyNotInRegion(split.Key, region);
    }

    /// <summary>Whether both halves have keys: the key is in the region, and is not its first one.</summary>
    public static bool CanSplitAt(Region region, ReadOnlyMemory<byte> key) =>
        region.Range.Contains(key.Span) && !key.Span.SequenceEqual(region.Range.Start.Span);

    /// <summary>The two regions.</summary>
    /// <param name="region">One that may be split so (<see cref="Refusal"/>).</param>
    /// <param name="split">The split.</param>
    public static RegionSplit Of(Region region, SplitRegion split)
    {
        var epoch = region.Epoch with { Version = region.Epoch.Version + 1 };
        return new RegionSplit(
            region with { Range = new KeyRange(region.Range.Start, split.Key), Epoch = epoch },
            new Region(split.NewRegion, new KeyRange(split.Key, region.Range.End), epoch,
                [.. region.Peers.Select((peer, i) => peer with { Id = split.NewPeers[i] })]));
    }
}
