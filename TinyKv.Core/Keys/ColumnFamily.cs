namespace TinyKv.Core.Keys;

/// <summary>A name space of keys within a store, as in TinyKV. The numbers are written to the log.</summary>
public enum ColumnFamily
{
    /// <summary>Raw values, and the values of transactions.</summary>
    Default = 0,

    /// <summary>Locks of running transactions.</summary>
    Lock = 1,

    /// <summary>Commit records of transactions.</summary>
    Write = 2,

    /// <summary>The store's own records: identity, regions, applied indexes. Not reachable by clients.</summary>
    Meta = 3,
}

/// <summary>Names of the column families as clients write them.</summary>
public static class ColumnFamilies
{
    /// <summary>The families that clients may name.</summary>
    public static IReadOnlyList<ColumnFamily> OfClients { get; } =
        [ColumnFamily.Default, ColumnFamily.Lock, ColumnFamily.Write];

    /// <summary>The name on the wire and on disk: <c>default</c>, <c>lock</c>, <c>write</c>, <c>meta</c>.</summary>
    public static string Name(this ColumnFamily family) => family switch
    {
        ColumnFamily.Default => "default",
        ColumnFamily.Lock => "lock",
        ColumnFamily.Write => "write",
        ColumnFamily.Meta => "meta",
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "not a column family"),
    };

    /// <summary>Finds a client's family by name; the empty name means <c>default</c>.</summary>
    public static bool TryParse(string name, out ColumnFamily family)
    {
        (var found, family) = name switch
        {
            "" or "default" => (true, ColumnFamily.Default),
            "lock" => (true, ColumnFamily.Lock),
            "write" => (true, ColumnFamily.Write),
            _ => (false, default),
        };
        return found;
    }
}
