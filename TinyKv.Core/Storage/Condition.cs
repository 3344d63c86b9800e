using TinyKv.Core.Keys;

namespace TinyKv.Core.Storage;

/// <summary>What must hold for a batch to be applied; decided when it is applied, equally on every replica.</summary>
/// <param name="Family">The column family of the key.</param>
/// <param name="Key">The key that is looked at.</param>
/// <param name="Expected">The value that it must have; null: it must be absent.</param>
public sealed record Condition(ColumnFamily Family, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Expected)
{
    /// <summary>Whether the condition holds for what the key holds now; null: nothing.</summary>
    public bool Holds(byte[]? current) => Expected is { } expected
        ? current is not null && expected.Span.SequenceEqual(current)
        : current is null;
}

/// <summary>How a conditional batch ended.</summary>
/// <param name="Succeeded">Whether the condition held and the batch was applied.</param>
/// <param name="Previous">What the key held just before; null: nothing. Not to be changed.</param>
public sealed record ConditionOutcome(bool Succeeded, byte[]? Previous);
