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

    public static void CheckFamily(ColumnFamily family)
    {
        if (ColumnFamilies.OfClients.Contains(family)) return;
        throw new TinyKvInvalidRequestException($"'{family}' is not a column family for clients");
    }

    public static void CheckScan(RawScan scan)
    {
        CheckFamily(scan.Family);
        CheckBound("start key", scan.Range.Start);
        CheckBound("end key", scan.Range.End);
        if (scan.Limit is <= 0)
            throw new TinyKvInvalidRequestException($"the scan's limit is {scan.Limit}; it must be above 0");
    }

    private static void CheckBound(string name, ReadOnlyMemory<byte> key)
    {
        if (key.Length <= Limits.MaxKeyBytes) return;
        throw new TinyKvInvalidRequestException(
            $"the {name} has {key.Length} bytes; the limit is {Limits.MaxKeyBytes} (4 KiB)");
    }
}
