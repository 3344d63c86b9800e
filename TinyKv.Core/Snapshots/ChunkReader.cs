using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Snapshots;

/// <summary>
/// Cuts what an engine holds of a region into chunks. The same engine snapshot and the same place always give the same chunk,
/// so it keeps nothing: whoever lost a chunk asks again, and whoever lost a connection continues where he was.
/// </summary>
public static class ChunkReader
{
    /// <summary>The chunk that begins at a place.</summary>
    /// <param name="snapshot">The engine.</param>
    /// <param name="header">The region, and what is applied of it, as the engine holds it.</param>
    /// <param name="from">Where.</param>
    /// <param name="maxBytes">The most bytes of keys and values; one pair always fits.</param>
    public static SnapshotChunk Read(
        ISnapshot snapshot, SnapshotHeader header, SnapshotCursor from, int maxBytes = SnapshotChunk.MaxBytes)
    {
        var parts = SnapshotContent.Of(header.Region);
        foreach (var part in parts)
        {
            if (part.Family < from.Family) continue;
            var isLast = part.Family == parts[^1].Family;
            var after = part.Family == from.Family ? from.After : default;
            var (pairs, isWhole) = Fill(snapshot, part, after, maxBytes);
            if (pairs.Length == 0 && !isLast) continue;
            return new SnapshotChunk(
                header.Applied, from, pairs, Behind(from, part.Family, after, pairs), isLast && isWhole);
        }
        return new SnapshotChunk(header.Applied, from, [], from, IsLast: true);
    }

    // Where it stops because it is full, the next chunk finds out whether there was more.
    private static (ImmutableArray<SnapshotPair> Pairs, bool IsWhole) Fill(
        ISnapshot snapshot, SnapshotPart part, ReadOnlyMemory<byte> after, int maxBytes)
    {
        var pairs = ImmutableArray.CreateBuilder<SnapshotPair>();
        var bytes = 0;
        foreach (var range in part.Ranges)
        {
            using var walk = snapshot.Iterate(part.Family, range);
            var found = after.IsEmpty ? walk.MoveNext() : SeekBehind(walk, after.Span);
            for (; found; found = walk.MoveNext())
            {
                var size = walk.Key.Length + walk.Value.Length;
                if (pairs.Count > 0 && bytes + size > maxBytes) return (pairs.DrainToImmutable(), false);
                pairs.Add(new SnapshotPair(walk.Key.ToArray(), walk.Value.ToArray()));
                bytes += size;
            }
        }
        return (pairs.DrainToImmutable(), true);
    }

    private static bool SeekBehind(IEngineIterator walk, ReadOnlySpan<byte> after) =>
        walk.Seek(after) && (!walk.Key.SequenceEqual(after) || walk.MoveNext());

    private static SnapshotCursor Behind(
        SnapshotCursor from, ColumnFamily family, ReadOnlyMemory<byte> after, ImmutableArray<SnapshotPair> pairs) => new(
            family, pairs.Length == 0 ? after : pairs[^1].Key, from.Pairs + pairs.Length,
            from.Bytes + pairs.Sum(pair => (long)pair.Bytes));
}
