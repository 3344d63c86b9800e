using System.Collections.Concurrent;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Regions;

/// <summary>
/// How much was written to the regions of a store since their sizes were measured: so that only those are measured again that
/// may have grown too large. From any thread.
/// </summary>
internal sealed class RegionGrowth
{
    private readonly ConcurrentDictionary<RegionId, Counter> _counters = new();

    /// <summary>Counts what is written to a region.</summary>
    public IApplyObserver Of(RegionId region) => _counters.GetOrAdd(region, _ => new Counter());

    /// <summary>The regions that may have so many bytes, ascending.</summary>
    /// <param name="bytes">The size.</param>
    /// <param name="written">How many bytes must have been written to one that had less when it was measured.</param>
    public IEnumerable<RegionId> Grown(long bytes, long written) => _counters
        .Where(each => each.Value.Measured >= bytes
            || (each.Value.Written >= written && (each.Value.Measured < 0 || each.Value.Measured + each.Value.Written >= bytes)))
        .Select(each => each.Key).OrderBy(region => region.Value);

    /// <summary>How many bytes were written to a region since it was measured.</summary>
    public long Written(RegionId region) => _counters.GetOrAdd(region, _ => new Counter()).Written;

    /// <summary>A region had so many bytes when so many were written.</summary>
    public void Measured(RegionId region, long bytes, long written = 0) =>
        _counters.GetOrAdd(region, _ => new Counter()).Begin(bytes, written);

    /// <summary>It is not known how large a region is.</summary>
    public void Unknown(RegionId region) => _counters.GetOrAdd(region, _ => new Counter()).Reset();

    private sealed class Counter : IApplyObserver
    {
        private const long Much = 1L << 60;

        private long _measured = -1;
        private long _written;

        public long Measured => Interlocked.Read(ref _measured);

        public long Written => Interlocked.Read(ref _written);

        public void Begin(long measured, long written)
        {
            Interlocked.Exchange(ref _measured, measured);
            Interlocked.Add(ref _written, -written);
        }

        // It may have any size, whatever is written.
        public void Reset()
        {
            Interlocked.Exchange(ref _measured, -1);
            Interlocked.Exchange(ref _written, Much);
        }

        public void OnApplied(in AppliedBatch batch)
        {
            var bytes = 0L;
            foreach (var command in batch.Commands)
            {
                var writes = command.Result.Writes;
                for (var i = 0; i < writes.Count; i++)
                    if (writes[i] is Modify.Put put) bytes += put.Key.Length + put.Value.Length;
            }
            if (bytes > 0) Interlocked.Add(ref _written, bytes);
        }

        public void OnInstalled(ISnapshot state) => Reset();
    }
}
