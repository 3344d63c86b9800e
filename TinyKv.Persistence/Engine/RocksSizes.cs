using System.Runtime.InteropServices;
using RocksDbSharp;
using TinyKv.Core.Keys;

namespace TinyKv.Persistence.Engine;

/// <summary>How much of a database's files belongs to a range, by their indexes.</summary>
internal static class RocksSizes
{
    /// <summary>About how many bytes a range takes, compressed as they are.</summary>
    public static long Of(RocksDb database, ColumnFamilyHandle family, KeyRange range)
    {
        var (start, end) = (range.Start.ToArray(), range.IsBounded ? range.End.ToArray() : RocksBatch.AboveAllKeys);
        var sizes = new long[1];
        var pinned = new List<GCHandle>();
        try
        {
            Native.Instance.rocksdb_approximate_sizes_cf(
                database.Handle, family.Handle, 1,
                Pin(new[] { Pin(start) }), Pin(new[] { (nuint)start.Length }),
                Pin(new[] { Pin(end) }), Pin(new[] { (nuint)end.Length }), Pin(sizes));
            return sizes[0];
        }
        catch (RocksDbException)
        {
            return 0; // it is an estimate
        }
        finally
        {
            foreach (var handle in pinned) handle.Free();
        }

        IntPtr Pin(Array array)
        {
            var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
            pinned.Add(handle);
            return handle.AddrOfPinnedObject();
        }
    }
}
