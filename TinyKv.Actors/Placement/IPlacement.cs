using TinyKv.Core.Commands;
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

    /// <summary>The stores as they are known here, which may be some heartbeats behind.</summary>
    StoreDirectory Stores { get; }

    /// <summary>All stores, and how they are, as the placement leader knows.</summary>
    /// <exception cref="PlacementUnavailableException">No leader answered in time.</exception>
    Task<StoreList> ListStoresAsync(CancellationToken cancellation);

    /// <summary>Changes what placement has written down of stores.</summary>
    /// <param name="command">A command about stores.</param>
    /// <param name="cancellation">Gives up; the command may be done all the same.</param>
    /// <returns>The stores as they are then.</returns>
    /// <exception cref="RegistryRefusedException">It is refused; nothing has changed.</exception>
    /// <exception cref="PlacementUnavailableException">No leader answered in time; to repeat a command does no harm.</exception>
    Task<StoreDirectory> ChangeStoresAsync(Command command, CancellationToken cancellation);

    /// <summary>Tells the placement leader that a store is there.</summary>
    /// <exception cref="RegistryRefusedException">There is no such store, or it was removed.</exception>
    /// <exception cref="PlacementUnavailableException">No leader answered in time.</exception>
    Task HearAsync(StoreId store, StoreStats stats, CancellationToken cancellation);
}

/// <summary>All stores, and how they are.</summary>
public sealed record StoreList(StoreDirectory Directory, IReadOnlyList<StoreReport> Reports)
{
    /// <summary>How a store is; null when there is none with that number.</summary>
    public StoreReport? Of(StoreId store) => Reports.FirstOrDefault(report => report.Store == store);
}

/// <summary>How a store is, as the placement leader hears it.</summary>
/// <param name="Store">The store.</param>
/// <param name="Condition">How it is.</param>
/// <param name="Silence">For how long it was not heard.</param>
/// <param name="Stats">What it has said last; null when it has said nothing to this leader.</param>
public sealed record StoreReport(StoreId Store, StoreCondition Condition, TimeSpan Silence, StoreStats? Stats);

/// <summary>Placement does not do what was asked of a store; nothing has changed.</summary>
public sealed class RegistryRefusedException(RegistryRefusal refusal) : Exception(refusal.Message)
{
    /// <summary>Why not.</summary>
    public RegistryRefusal Refusal => refusal;
}

/// <summary>The placement group has no leader that answers.</summary>
public sealed class PlacementUnavailableException(string message) : Exception(message);
