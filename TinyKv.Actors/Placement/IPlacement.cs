using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Placement;

/// <summary>What a store knows of, or asks from, placement. Implemented over the placement group (region 0).</summary>
public interface IPlacement
{
    /// <summary>The store whose replica leads the placement group, as known here; null when unknown.</summary>
    StoreId? Leader { get; }

    /// <summary>The regions, each with its leader as known here.</summary>
    RegionMap<LocatedRegion> Regions { get; }

    /// <summary>An id that was never handed out before. Forwarded to the placement leader.</summary>
    /// <exception cref="PlacementUnavailableException">No leader answered in time; nothing is lost by a retry.</exception>
    Task<ulong> AllocateIdAsync(CancellationToken cancellation);

    /// <summary>
    /// <paramref name="count"/> consecutive timestamps, above every one that was handed out before the call by any
    /// store, across restarts; the answer is the last of them.
    /// </summary>
    /// <exception cref="PlacementUnavailableException">No leader answered in time; nothing is lost by a retry.</exception>
    Task<Timestamp> AllocateTimestampsAsync(int count, CancellationToken cancellation);
}

/// <summary>The placement group has no leader that answers.</summary>
public sealed class PlacementUnavailableException(string message) : Exception(message);
