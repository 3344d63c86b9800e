using TinyKv.Core.Keys;

namespace TinyKv.Core.Snapshots;

/// <summary>A place in a snapshot, from which it can be continued: behind a key of a family, and how much comes before.</summary>
/// <param name="Family">The family.</param>
/// <param name="After">The last key before the place; empty: before all keys of the family.</param>
/// <param name="Pairs">How many pairs come before it, in all families.</param>
/// <param name="Bytes">How many bytes of keys and values they have.</param>
public readonly record struct SnapshotCursor(ColumnFamily Family, ReadOnlyMemory<byte> After, long Pairs, long Bytes)
{
    /// <summary>Before everything.</summary>
    public static SnapshotCursor Start => default;

    /// <inheritdoc/>
    public bool Equals(SnapshotCursor other) => Family == other.Family && After.Span.SequenceEqual(other.After.Span)
        && Pairs == other.Pairs && Bytes == other.Bytes;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, Pairs, Bytes);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Family.Name()} after {Convert.ToHexString(After.Span)} ({Pairs} pairs, {Bytes} bytes)";
}
