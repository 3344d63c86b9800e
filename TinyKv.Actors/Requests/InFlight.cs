using TinyKv.Core.Regions;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Counts the requests that are under way, and their bytes, and lets no more in than the store can hold. From any
/// thread. Of our own, because the permits of a limiter of System.Threading.RateLimiting are of one kind, fewer than bytes
/// can be, and never enough for one request that is larger than all of them.
/// </summary>
public sealed class InFlight(int maxRequests, long maxBytes)
{
    // Long enough for some of what is under way to end.
    private const uint BackoffMs = 50;

    private readonly Lock _lock = new();
    private int _requests;
    private long _bytes;

    /// <summary>Lets a request in; false when there is no room. One request always fits.</summary>
    public bool TryEnter(long bytes)
    {
        lock (_lock)
        {
            if (_requests >= maxRequests || (_requests > 0 && _bytes + bytes > maxBytes)) return false;
            _requests++;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>A request has been answered.</summary>
    public void Leave(long bytes)
    {
        lock (_lock)
        {
            _requests--;
            _bytes -= bytes;
        }
    }

    /// <summary>What one that is not let in is told.</summary>
    public RegionError Refusal() => new RegionError.ServerIsBusy(
        $"{_requests} requests with {_bytes} bytes are under way", BackoffMs);
}
