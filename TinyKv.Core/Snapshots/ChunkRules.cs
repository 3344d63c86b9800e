namespace TinyKv.Core.Snapshots;

/// <summary>
/// Whether a chunk is what comes next. A checksum shows that it arrived as it was sent; this, that it is part of this snapshot
/// and that none is missing, whoever has sent it.
/// </summary>
public static class ChunkRules
{
    /// <summary>What is wrong with a chunk; null: nothing.</summary>
    /// <param name="header">What the snapshot is of.</param>
    /// <param name="at">Where the chunk must begin.</param>
    /// <param name="chunk">The chunk.</param>
    public static string? Problem(SnapshotHeader header, SnapshotCursor at, SnapshotChunk chunk)
    {
        var region = header.Region;
        if (chunk.Applied != header.Applied) return $"it is of entry {chunk.Applied}, not of {header.Applied}";
        if (chunk.From != at) return $"it begins at {chunk.From}, not at {at}";
        var next = chunk.Next;
        var parts = SnapshotContent.Of(region);
        var part = parts.FirstOrDefault(each => each.Family == next.Family);
        if (part is null || next.Family < at.Family) return $"{region.Id} has nothing more in {next.Family}";
        if (chunk.Pairs.IsEmpty && !chunk.IsLast) return "it is empty, and not the last one";
        if (chunk.IsLast && part != parts[^1]) return $"it is the last one, in {next.Family}";
        var after = next.Family == at.Family ? at.After : default;
        var bytes = 0L;
        foreach (var pair in chunk.Pairs)
        {
            if (pair.Key.IsEmpty || pair.Key.Span.SequenceCompareTo(after.Span) <= 0) return "its keys do not ascend";
            if (!part.Ranges.Any(range => range.Contains(pair.Key.Span))) return $"it has a key outside of {region.Range}";
            (after, bytes) = (pair.Key, bytes + pair.Bytes);
        }
        var expected = new SnapshotCursor(next.Family, after, at.Pairs + chunk.Pairs.Length, at.Bytes + bytes);
        return next == expected ? null : $"it ends at {expected}, not at {next}";
    }
}
