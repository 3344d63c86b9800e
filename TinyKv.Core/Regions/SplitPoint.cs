using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Regions;

/// <summary>Where a region is split when it has grown too large.</summary>
/// <param name="TotalBytes">How many bytes of keys and values it has, in all column families; at least, if there are
/// more.</param>
/// <param name="IsWhole">Whether it has no more than that.</param>
/// <param name="Key">The first key that does not belong to the left half any more; null: there is none.</param>
/// <param name="LeftBytes">How many bytes the left half has.</param>
public readonly record struct SplitPoint(long TotalBytes, bool IsWhole, byte[]? Key, long LeftBytes)
{
    /// <summary>Looks at the pairs of a range: the left half is to have about so many bytes. What a key has in several column
    /// families stays together. Blocks on the disk.</summary>
    /// <param name="snapshot">The engine.</param>
    /// <param name="range">The region's.</param>
    /// <param name="leftBytes">How many bytes the left half is to have.</param>
    /// <param name="enough">From how many bytes on nothing more is read, once the key is found.</param>
    public static SplitPoint Find(ISnapshot snapshot, KeyRange range, long leftBytes, long enough)
    {
        var families = ColumnFamilies.OfClients.Select(family => snapshot.Iterate(family, range)).ToList();
        try
        {
            var pairs = families.Where(pair => pair.MoveNext()).ToList();
            var (total, left, key) = (0L, 0L, (byte[]?)null);
            while (pairs.Count > 0 && (key is null || total < enough))
            {
                var lowest = Lowest(pairs).ToArray();
                if (key is null && total >= leftBytes && !lowest.AsSpan().SequenceEqual(range.Start.Span))
                    (key, left) = (lowest, total);
                for (var i = pairs.Count - 1; i >= 0; i--)
                {
                    if (!pairs[i].Key.SequenceEqual(lowest)) continue;
                    total += pairs[i].Key.Length + pairs[i].Value.Length;
                    if (!pairs[i].MoveNext()) pairs.RemoveAt(i);
                }
            }
            return new SplitPoint(total, pairs.Count == 0, key, left);
        }
        finally
        {
            foreach (var pairs in families) pairs.Dispose();
        }
    }

    private static ReadOnlySpan<byte> Lowest(List<IEngineIterator> pairs)
    {
        var lowest = pairs[0].Key;
        for (var i = 1; i < pairs.Count; i++)
            if (pairs[i].Key.SequenceCompareTo(lowest) < 0) lowest = pairs[i].Key;
        return lowest;
    }
}
