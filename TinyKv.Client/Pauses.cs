using TinyKv.Core;

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

/// <summary>The pauses of one call: for each reason the upper half of a bound that doubles.</summary>
internal sealed class Pauses
{
    // A store that asks for more is not believed.
    private const uint MaxAskedMs = 10_000;

    private readonly Backoff _regionMoved = Of(first: 2, longest: 500);
    private readonly Backoff _noLeader = Of(first: 20, longest: 300);
    private readonly Backoff _unreachable = Of(first: 20, longest: 500);
    private readonly Backoff _busy = Of(first: 50, longest: 2_000);

    /// <summary>Waits, if a store asked for a rest for that long and then for as long as the reason demands.</summary>
    public Task PauseAsync(PauseReason reason, CancellationToken cancellation, uint askedMs = 0) => Task.Delay(
        TimeSpan.FromMilliseconds(Math.Min(askedMs, MaxAskedMs)) + Next(reason), cancellation);

    internal TimeSpan Next(PauseReason reason)
    {
        var backoff = reason switch
        {
            PauseReason.RegionMoved => _regionMoved,
            PauseReason.NoLeader => _noLeader,
            PauseReason.Unreachable => _unreachable,
            _ => _busy,
        };
        return backoff.Next(Random.Shared.NextDouble());
    }

    private static Backoff Of(int first, int longest) =>
        new(TimeSpan.FromMilliseconds(first), TimeSpan.FromMilliseconds(longest), spread: 0.5);
}
