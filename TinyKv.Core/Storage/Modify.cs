using TinyKv.Core.Keys;

namespace TinyKv.Core.Storage;

/// <summary>One write of a batch. Closed: only the nested records derive from it.</summary>
public abstract record Modify(ColumnFamily Family, ReadOnlyMemory<byte> Key)
{
    /// <summary>Sets a key.</summary>
    public sealed record Put(ColumnFamily Family, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)
        : Modify(Family, Key);

    /// <summary>Removes a key; no error when it is absent.</summary>
    public sealed record Delete(ColumnFamily Family, ReadOnlyMemory<byte> Key) : Modify(Family, Key);

    /// <summary>Removes every key of a range. Without an end: to the end of the region that the write is for.</summary>
    public sealed record DeleteRange(ColumnFamily Family, KeyRange Range) : Modify(Family, Range.Start);
}
