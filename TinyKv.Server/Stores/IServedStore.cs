using System.Collections.Immutable;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Server.Stores;

/// <summary>What the services need of a store; the seam between the network and the actors.</summary>
public interface IServedStore : IAsyncDisposable
{
    /// <summary>The cluster's number.</summary>
    ulong ClusterId { get; }

    /// <summary>Its name, which the number follows from.</summary>
    string ClusterName { get; }

    /// <summary>This store.</summary>
    StoreId Self { get; }

    /// <summary>All stores of the cluster, this one included.</summary>
    ImmutableArray<StoreAddress> Stores { get; }

    /// <summary>Takes raw requests.</summary>
    IRawGateway Raw { get; }

    /// <summary>Ids, timestamps, the regions and their leaders.</summary>
    IPlacement Placement { get; }

    /// <summary>What those who run the cluster want of its regions.</summary>
    IRegionAdmin Regions { get; }

    /// <summary>Removes a store from the cluster for ever, as soon as its replicas were moved to others; ask again until
    /// nothing is left.</summary>
    /// <exception cref="RegistryRefusedException">It cannot be removed; says what to do first.</exception>
    /// <exception cref="PlacementUnavailableException">It cannot be known now, or placement has no leader.</exception>
    Task<(StoreDirectory Stores, string? Left)> RemoveStoreAsync(StoreId store, CancellationToken cancellation);

    /// <summary>Whether the store can be expected to serve.</summary>
    bool IsReady { get; }

    /// <summary>Completes when the store has ended; faulted with the reason as soon as it cannot continue.</summary>
    Task Terminated { get; }

    /// <summary>Gives leadership to other stores, as far as that goes in a short time, because this one is about to
    /// end.</summary>
    Task HandOverAsync();

    /// <summary>The state of the store and its replicas.</summary>
    Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation);
}
