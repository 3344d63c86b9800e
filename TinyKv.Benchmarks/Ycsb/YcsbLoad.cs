using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Ycsb;

namespace TinyKv.Benchmarks.Ycsb;

/// <summary>YCSB's phase before all others: inserts.</summary>
/// <param name="records">The records that are there.</param>
internal sealed class YcsbLoad(AcknowledgedCounter records) : IWorkload
{
    /// <inheritdoc/>
    public int KeysPerOperation => 1;

    /// <inheritdoc/>
    public async Task<string> RunAsync(ITarget target, CancellationToken cancellation)
    {
        await YcsbWorkload.InsertAsync(target, records, cancellation);
        return "insert";
    }
}
