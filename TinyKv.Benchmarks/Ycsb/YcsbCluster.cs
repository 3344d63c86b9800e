using TinyKv.Benchmarks.Load;
using TinyKv.Testing.Ycsb;

namespace TinyKv.Benchmarks.Ycsb;

/// <summary>What YCSB has written to one cluster: its workloads follow each other on the same records.</summary>
/// <param name="records">How many records the load phase writes, or has written.</param>
/// <param name="loaded">How many of them are there already.</param>
internal sealed class YcsbCluster(int records, int loaded = 0)
{
    // Nobody knows beforehand how many records a stretch of time inserts. YCSB, which counts operations, doubles what it
    // expects.
    private const int ExpectedInserts = 2 * 20_000;

    private readonly AcknowledgedCounter _records = new(loaded);

    /// <summary>The phase before all others.</summary>
    public IWorkload Load => new YcsbLoad(_records);

    /// <summary>How many records it writes.</summary>
    public int Records => records;

    /// <summary>For records that another process has loaded.</summary>
    public static YcsbCluster Loaded(int records) => new(records, loaded: records);

    /// <summary>A workload on what is there now.</summary>
    public IWorkload Workload(YcsbMix mix) =>
        new YcsbWorkload(mix, _records, _records.Last + 1 + (mix.Insert == 0 ? 0 : ExpectedInserts));
}
