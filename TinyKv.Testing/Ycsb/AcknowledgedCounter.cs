namespace TinyKv.Testing.Ycsb;

/// <summary>
/// Numbers for records that are inserted. Nobody reads one before it, and all before it, are there
/// (<c>AcknowledgedCounterGenerator</c> of YCSB). From any thread.
/// </summary>
/// <param name="records">How many are there already.</param>
internal sealed class AcknowledgedCounter(long records)
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _ahead = [];
    private long _next = records;
    private long _last = records - 1;

    /// <summary>The last of an unbroken row of records that are there; -1: none is.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>The number of a record to insert.</summary>
    public long Next() => Interlocked.Increment(ref _next) - 1;

    /// <summary>A record was inserted, or has failed, after which nobody will.</summary>
    public void Acknowledge(long record)
    {
        lock (_lock)
        {
            _ahead.Add(record);
            var last = _last;
            while (_ahead.Remove(last + 1)) last++;
            Volatile.Write(ref _last, last);
        }
    }
}
