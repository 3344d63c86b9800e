using System.Collections.Immutable;

namespace TinyKv.Core.Regions;

/// <summary>Something that is known of a region.</summary>
public interface IRegionEntry
{
    /// <summary>The region.</summary>
    Region Region { get; }
}

/// <summary>A region and the replica that leads it, if known.</summary>
public sealed record LocatedRegion(Region Region, Peer? Leader) : IRegionEntry;

/// <summary>
/// What is known of regions, found by key or by number: ordered by start key, never overlapping. A map does not change;
/// what changes it makes another one, in logarithmic time.
/// </summary>
public sealed class RegionMap<T> where T : class, IRegionEntry
{
    private readonly ImmutableSortedSet<Slot> _byStart;
    private readonly ImmutableDictionary<ulong, T> _byId;

    private RegionMap(ImmutableSortedSet<Slot> byStart, ImmutableDictionary<ulong, T> byId) =>
        (_byStart, _byId) = (byStart, byId);

    /// <summary>A map that knows nothing.</summary>
    public static RegionMap<T> Empty { get; } = new(
        ImmutableSortedSet.Create(Slot.Order), ImmutableDictionary<ulong, T>.Empty);

    /// <summary>How many regions it knows.</summary>
    public int Count => _byId.Count;

    /// <summary>What it knows, by ascending start key.</summary>
    public IEnumerable<T> Entries => _byStart.Select(slot => slot.Entry!);

    /// <summary>The region with a number; null when it is not known.</summary>
    public T? Find(RegionId region) => _byId.GetValueOrDefault(region.Value);

    /// <summary>The region that holds a key; null when it is not known.</summary>
    public T? Find(ReadOnlyMemory<byte> key) =>
        At(LastUpTo(key)) is { } entry && entry.Region.Range.Contains(key.Span) ? entry : null;

    /// <summary>The region that a walk downwards from <paramref name="bound"/>, itself excluded, begins in; empty: from above
    /// all keys. Null when it is not known.</summary>
    public T? FindBelow(ReadOnlyMemory<byte> bound) =>
        At(bound.IsEmpty ? _byStart.Count - 1 : LastBelow(bound)) is { } entry
        && entry.Region.Range.ContainsBelow(bound.Span) ? entry : null;

    /// <summary>The regions that hold keys from <paramref name="start"/> up to, not including, <paramref name="end"/>,
    /// ascending; an empty end means no upper bound.</summary>
    public IEnumerable<T> Overlapping(ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end)
    {
        for (var i = Math.Max(0, LastUpTo(start)); i < _byStart.Count; i++)
        {
            var range = _byStart[i].Entry!.Region.Range;
            if (!end.IsEmpty && range.Start.Span.SequenceCompareTo(end.Span) >= 0) yield break;
            if (range.IsBounded && range.End.Span.SequenceCompareTo(start.Span) <= 0) continue;
            yield return _byStart[i].Entry!;
        }
    }

    /// <summary>
    /// Takes in what was learnt of a region, in place of what was known of it and of all that it overlaps; nothing when one of
    /// those has a newer epoch.
    /// </summary>
    public RegionMap<T> Add(T entry)
    {
        var (region, range) = (entry.Region, entry.Region.Range);
        var replaced = Overlapping(range.Start, range.End).ToList();
        if (Find(region.Id) is { } known && !replaced.Exists(each => each.Region.Id == region.Id)) replaced.Add(known);
        if (replaced.Exists(each => each.Region.Epoch.IsNewerThan(region.Epoch))) return this;
        var (byStart, byId) = (_byStart, _byId);
        foreach (var each in replaced) (byStart, byId) = (byStart.Remove(Slot.Of(each)), byId.Remove(each.Region.Id.Value));
        return new RegionMap<T>(byStart.Add(Slot.Of(entry)), byId.Add(region.Id.Value, entry));
    }

    /// <summary>Forgets a region.</summary>
    public RegionMap<T> Remove(RegionId region) => Find(region) is { } known
        ? new RegionMap<T>(_byStart.Remove(Slot.Of(known)), _byId.Remove(region.Value)) : this;

    private T? At(int index) => index < 0 ? null : _byStart[index].Entry;

    private int LastUpTo(ReadOnlyMemory<byte> key)
    {
        var index = _byStart.IndexOf(new Slot(key, null));
        return index >= 0 ? index : ~index - 1;
    }

    private int LastBelow(ReadOnlyMemory<byte> key)
    {
        var index = _byStart.IndexOf(new Slot(key, null));
        return (index >= 0 ? index : ~index) - 1;
    }

    private readonly record struct Slot(ReadOnlyMemory<byte> Start, T? Entry)
    {
        public static IComparer<Slot> Order { get; } = Comparer<Slot>.Create(
            (one, other) => one.Start.Span.SequenceCompareTo(other.Start.Span));

        public static Slot Of(T entry) => new(entry.Region.Range.Start, entry);
    }
}
