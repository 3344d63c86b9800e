namespace TinyKv.Client;

/// <summary>Why a call pauses before its next attempt; each reason has its own pace.</summary>
internal enum PauseReason
{
    /// <summary>The region was not where it was thought to be; the new place is known or soon
    /// found.</summary>
    RegionMoved,

    /// <summary>The region has no leader now: an election is under way.</summary>
    NoLeader,

    /// <summary>A store could not be reached.</summary>
    Unreachable,

    /// <summary>The store asked for a rest.</summary>
    Busy,
}

/// <summary>The pauses of one call: doubling per reason up to a cap, the upper half of each drawn at random
/// so that clients do not come back all at once.</summary>
internal sealed class Backoff
{
    // A store that asks for more is not believed.
    private const uint MaxAskedMs = 10_000;

    private readonly int[] _counts = new int[Enum.GetValues<PauseReason>().Length];

    /// <summary>Waits, if a store asked for a rest for that long and then for as long as the reason demands.</summary>
    public Task PauseAsync(PauseReason reason, CancellationToken cancellation, uint askedMs = 0) => Task.Delay(
        TimeSpan.FromMilliseconds(Math.Min(askedMs, MaxAskedMs)) + Next(reason), cancellation);

    internal TimeSpan Next(PauseReason reason)
    {
        var (first, cap) = reason switch
        {
            PauseReason.RegionMoved => (2, 500),
            PauseReason.NoLeader => (20, 300),
            PauseReason.Unreachable => (20, 500),
            _ => (50, 2_000),
        };
        var doublings = Math.Min(_counts[(int)reason]++, 10);
        var upper = Math.Min(cap, first << doublings);
        return TimeSpan.FromMilliseconds(upper * (0.5 + 0.5 * Random.Shared.NextDouble()));
    }
}
