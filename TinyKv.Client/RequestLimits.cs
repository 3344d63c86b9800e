using TinyKv.Core.Keys;

namespace TinyKv.Client;

/// <summary>Checks that need no store; a request that breaks one is never sent.</summary>
internal static class RequestLimits
{
    public static void CheckKey(ReadOnlyMemory<byte> key)
    {
        if (key.IsEmpty) throw new TinyKvInvalidRequestException("the key is empty");
        CheckBound("key", key);
    }

    public static void CheckValue(ReadOnlyMemory<byte> value)
    {
        if (value.Length <= Limits.MaxValueBytes) return;
        throw new TinyKvInvalidRequestException(
            $"the value has {value.Length} bytes; the limit is {Limits.MaxValueBytes} (6 MiB)");
    }

    public static void CheckKeys(IReadOnlyList<byte[]> keys)
    {
        CheckCount(keys.Count);
        foreach (var key in keys) CheckKey(key);
        CheckBytes(keys.Sum(key => (long)key.Length));
    }

    public static void CheckPairs(IReadOnlyList<RawPair> pairs)
    {
        CheckCount(pairs.Count);
        foreach (var (key, value) in pairs)
        {
            CheckKey(key);
            CheckValue(value);
        }
        CheckBytes(pairs.Sum(pair => (long)pair.Key.Length + pair.Value.Length));
    }

    public static void CheckCondition(byte[]? expected, byte[]? desired)
    {
        CheckValue(expected);
        CheckValue(desired);
        CheckBytes((expected?.Length ?? 0L) + (desired?.Length ?? 0));
    }

    public static void CheckFamily(ColumnFamily family)
    {
        if (ColumnFamilies.OfClients.Contains(family)) return;
        throw new TinyKvInvalidRequestException($"'{family}' is not a column family for clients");
    }

    public static void CheckRange(KeyRange range)
    {
        CheckBound("start key", range.Start);
        CheckBound("end key", range.End);
    }

    public static void CheckScan(RawScan scan)
    {
        CheckFamily(scan.Family);
        CheckRange(scan.Range);
        if (scan.Limit is <= 0)
            throw new TinyKvInvalidRequestException($"the scan's limit is {scan.Limit}; it must be above 0");
    }

    private static void CheckCount(int count)
    {
        if (count == 0) throw new TinyKvInvalidRequestException("the batch is empty");
        if (count <= Limits.MaxBatchCount) return;
        throw new TinyKvInvalidRequestException($"the batch has {count} keys; the limit is {Limits.MaxBatchCount}");
    }

    // What is sent must fit into one message, and what is written into one entry of the log.
    private static void CheckBytes(long bytes)
    {
        if (bytes <= Limits.MaxEntryBytes) return;
        throw new TinyKvInvalidRequestException(
            $"the request has {bytes} bytes of keys and values; the limit is {Limits.MaxEntryBytes} (8 MiB)");
    }

    private static void CheckBound(string name, ReadOnlyMemory<byte> key)
    {
        if (key.Length <= Limits.MaxKeyBytes) return;
        throw new TinyKvInvalidRequestException(
            $"the {name} has {key.Length} bytes; the limit is {Limits.MaxKeyBytes} (4 KiB)");
    }
}
