using TinyKv.Core.Keys;
using TinyKv.Core.Snapshots;

namespace TinyKv.Actors.Snapshots;

/// <summary>How snapshots go from store to store.</summary>
/// <param name="MaxConcurrent">The most that come to this store at once, and the most that leave it.</param>
/// <param name="BytesPerSecond">How fast they leave this store, all together.</param>
/// <param name="IdleTimeout">How long one may make no progress until it is given up.</param>
/// <param name="RetryInterval">How long an answer is waited for until it is asked for again.</param>
public sealed record SnapshotSettings(
    int MaxConcurrent, long BytesPerSecond, TimeSpan IdleTimeout, TimeSpan RetryInterval)
{
    /// <summary>The most bytes that are asked for at once.</summary>
    public long MaxLeaving => (long)MaxConcurrent * SnapshotsSpec.Window * Math.Max(SnapshotChunk.MaxBytes, LargestPair);

    /// <summary>For how long nothing may come until a connection counts as one that is dead and nobody was told.</summary>
    public TimeSpan Patience => IdleTimeout / 2;

    private const long LargestPair = Limits.MaxKeyBytes + Limits.MaxValueBytes;
}
