using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Ycsb;

namespace TinyKv.Benchmarks.Ycsb;

/// <summary>
/// A workload of YCSB (Cooper et al., "Benchmarking cloud serving systems with YCSB", SoCC 2010) on a store of keys and
/// values: a record is one value. What reads and writes one is not atomic, as there.
/// </summary>
/// <param name="mix">What is done.</param>
/// <param name="records">The records that are there; shared by all workloads on one cluster.</param>
/// <param name="expected">How many records there will be at the most.</param>
internal sealed class YcsbWorkload(YcsbMix mix, AcknowledgedCounter records, long expected) : IWorkload
{
    private const int MaxScan = 100;

    private readonly IRecordChooser _chooser = mix.Choice == KeyChoice.Latest
        ? new LatestChooser(records) : new ScrambledZipfianChooser(records, expected);

    /// <inheritdoc/>
    public int KeysPerOperation => 1;

    /// <inheritdoc/>
    public async Task<string> RunAsync(ITarget target, CancellationToken cancellation)
    {
        var part = Random.Shared.Next(100);
        if ((part -= mix.Read) < 0)
        {
            await ReadAsync(target, AnyKey(), cancellation);
            return "read";
        }
        if ((part -= mix.Update) < 0)
        {
            await target.PutAsync(AnyKey(), YcsbRecords.New(Random.Shared), cancellation);
            return "update";
        }
        if ((part -= mix.Scan) < 0)
        {
            await target.ScanAsync(AnyKey(), YcsbKeys.Range.End, Random.Shared.Next(MaxScan) + 1, cancellation);
            return "scan";
        }
        if (part - mix.Modify < 0)
        {
            var key = AnyKey();
            var record = await ReadAsync(target, key, cancellation);
            await target.PutAsync(key, YcsbRecords.WithNewField(record.Span, Random.Shared), cancellation);
            return "read-modify-write";
        }
        await InsertAsync(target, records, cancellation);
        return "insert";
    }

    /// <summary>Writes a new record.</summary>
    public static async Task InsertAsync(ITarget target, AcknowledgedCounter records, CancellationToken cancellation)
    {
        var record = records.Next();
        try
        {
            await target.PutAsync(YcsbKeys.Of(record), YcsbRecords.New(Random.Shared), cancellation);
        }
        finally
        {
            // One that failed must not hold back all that come after it.
            records.Acknowledge(record);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(ITarget target, byte[] key, CancellationToken cancellation) =>
        await target.GetAsync(key, cancellation) ?? throw new TargetException("missing", "a record is not there");

    private byte[] AnyKey() => YcsbKeys.Of(_chooser.Next(Random.Shared));
}
