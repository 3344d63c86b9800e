namespace TinyKv.Core.Regions;

/// <summary>Why a request waits before its next attempt; each reason has its own pace.</summary>
public enum RetryReason
{
    /// <summary>The region was not where it was thought to be; the new place is known or soon found.</summary>
    RegionMoved,

    /// <summary>The region has no leader now: an election is under way.</summary>
    NoLeader,

    /// <summary>A store could not be reached.</summary>
    Unreachable,

    /// <summary>The store asked for a rest.</summary>
    Busy,
}

/// <summary>
/// Whether one request is tried again, and when: the same for the client and for the gateway, which both follow a region to
/// its leader. Not for several threads.
/// </summary>
/// <param name="draw">Random numbers from 0 to 1.</param>
public sealed class Retries(Func<double> draw)
{
    // A store that asks for more is not believed.
    private const uint MaxAskedMs = 10_000;

    private readonly Backoff _regionMoved = Of(first: 2, longest: 500);
    private readonly Backoff _noLeader = Of(first: 20, longest: 300);
    private readonly Backoff _unreachable = Of(first: 20, longest: 500);
    private readonly Backoff _busy = Of(first: 50, longest: 2_000);
    private bool _redirected;

    /// <summary>
    /// Whether a refused request may have been carried out all the same. What certainly was not done is done at most once when
    /// it is tried again, and a read may be tried as often as one likes.
    /// </summary>
    public static bool MayBeDone(RegionError? refusal, bool isRead) => !isRead && refusal is RegionError.StaleCommand;

    /// <summary>How long to wait after a refusal, null when it is of an unknown kind; zero: follow it at once.</summary>
    public TimeSpan After(RegionError? refusal)
    {
        switch (refusal)
        {
            // Two stores that name each other must not make a busy loop.
            case RegionError.NotLeader { Leader: not null } when !_redirected:
                _redirected = true;
                return TimeSpan.Zero;
            case RegionError.NotLeader { Leader: null }:
                return After(RetryReason.NoLeader);
            case RegionError.ServerIsBusy busy:
                return TimeSpan.FromMilliseconds(Math.Min(busy.BackoffMs, MaxAskedMs)) + After(RetryReason.Busy);
            default:
                return After(RetryReason.RegionMoved);
        }
    }

    /// <summary>How long to wait for that reason: the upper half of a bound that doubles.</summary>
    public TimeSpan After(RetryReason reason)
    {
        var backoff = reason switch
        {
            RetryReason.RegionMoved => _regionMoved,
            RetryReason.NoLeader => _noLeader,
            RetryReason.Unreachable => _unreachable,
            _ => _busy,
        };
        return backoff.Next(draw());
    }

    private static Backoff Of(int first, int longest) =>
        new(TimeSpan.FromMilliseconds(first), TimeSpan.FromMilliseconds(longest), spread: 0.5);
}
