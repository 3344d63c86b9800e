namespace TinyKv.Core.Raft;

/// <summary>Where an entry stands in the log: its index, and the term of the leader that made it.</summary>
public readonly record struct LogPosition(long Index, long Term)
{
    /// <summary>Before every entry of a log that was never compacted.</summary>
    public static LogPosition Zero => default;

    /// <summary>Whether a log that ends here is at least as up to date (Raft paper, section 5.4.1).</summary>
    public bool IsAtLeast(LogPosition other) =>
        Term != other.Term ? Term > other.Term : Index >= other.Index;

    /// <inheritdoc/>
    public override string ToString() => $"{Index}@{Term}";
}

/// <summary>What an entry is for.</summary>
public enum EntryKind
{
    /// <summary>An opaque command for the state machine.</summary>
    Command = 0,

    /// <summary>Nothing: a new leader's first entry (section 8 of the paper).</summary>
    NoOp = 1,

    /// <summary>Who the members are, from this entry on (<see cref="Membership.ConfigurationCodec"/>).</summary>
    Configuration = 2,
}

/// <summary>One entry of the log. Nobody writes to <paramref name="Data"/> after the entry is made.</summary>
public sealed record Entry(LogPosition Position, EntryKind Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>The entry's index.</summary>
    public long Index => Position.Index;

    /// <summary>The term of the leader that made it.</summary>
    public long Term => Position.Term;

    /// <inheritdoc/>
    public bool Equals(Entry? other) => other is not null && Position == other.Position && Kind == other.Kind
        && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Position.GetHashCode();
}
