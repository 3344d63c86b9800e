namespace TinyKv.Core.Keys;

/// <summary>
/// The keys from <paramref name="Start"/> up to, not including, <paramref name="End"/>, compared byte by byte as
/// unsigned numbers, a prefix before its continuations. An empty end means no upper bound.
/// </summary>
public readonly record struct KeyRange(ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End)
{
    /// <summary>Every key.</summary>
    public static KeyRange All => default;

    /// <summary>Whether the range has an upper bound.</summary>
    public bool IsBounded => !End.IsEmpty;

    /// <summary>Whether the range cannot contain any key, because it ends where it starts or before.</summary>
    public bool IsEmpty => IsBounded && Start.Span.SequenceCompareTo(End.Span) >= 0;

    /// <summary>Whether <paramref name="key"/> lies in the range.</summary>
    public bool Contains(ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Start.Span) >= 0 && (!IsBounded || key.SequenceCompareTo(End.Span) < 0);

    /// <summary>
    /// Whether a walk downwards from <paramref name="bound"/>, itself excluded, begins in the range. Empty: from above
    /// all keys.
    /// </summary>
    public bool ContainsBelow(ReadOnlySpan<byte> bound) => bound.IsEmpty ? !IsBounded
        : bound.SequenceCompareTo(Start.Span) > 0 && (!IsBounded || bound.SequenceCompareTo(End.Span) <= 0);

    /// <summary>The keys in both ranges; possibly a range that contains nothing.</summary>
    public KeyRange Intersect(KeyRange other)
    {
        var start = Start.Span.SequenceCompareTo(other.Start.Span) >= 0 ? Start : other.Start;
        if (!IsBounded) return new KeyRange(start, other.End);
        if (!other.IsBounded) return new KeyRange(start, End);
        return new KeyRange(start, End.Span.SequenceCompareTo(other.End.Span) <= 0 ? End : other.End);
    }

    /// <inheritdoc/>
    public bool Equals(KeyRange other) =>
        Start.Span.SequenceEqual(other.Start.Span) && End.Span.SequenceEqual(other.End.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Start.Span);
        hash.AddBytes(End.Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"[{Convert.ToHexString(Start.Span)}, {(IsBounded ? Convert.ToHexString(End.Span) : "∞")})";
}
