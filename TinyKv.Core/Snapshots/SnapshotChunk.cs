using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Core.Snapshots;

/// <summary>A key and its value. Nobody writes to them any more.</summary>
public readonly record struct SnapshotPair(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)
{
    /// <summary>The bytes of both.</summary>
    public int Bytes => Key.Length + Value.Length;
}

/// <summary>Consecutive pairs of one family of a snapshot.</summary>
/// <param name="Applied">The last entry that the snapshot holds: with the region, that decides every pair of it, whoever has
/// made it.</param>
/// <param name="From">Where it begins.</param>
/// <param name="Pairs">The pairs, all of the family of <paramref name="Next"/>; none only in the last chunk.</param>
/// <param name="Next">Where the next one begins.</param>
/// <param name="IsLast">Whether there is no next one: the snapshot has as many pairs and bytes as come before
/// <paramref name="Next"/>.</param>
public sealed record SnapshotChunk(
    LogPosition Applied, SnapshotCursor From, ImmutableArray<SnapshotPair> Pairs, SnapshotCursor Next, bool IsLast)
{
    /// <summary>The most bytes of keys and values in one chunk; one pair always fits.</summary>
    public const int MaxBytes = 256 * 1024;
}
