using System.Collections.Immutable;
using System.Net;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Server.Logging;

namespace TinyKv.Server.Stores;

/// <summary>A real store behind the services.</summary>
public sealed class NodeStore(StoreNode node) : IServedStore
{
    /// <inheritdoc/>
    public ulong ClusterId => node.ClusterId;

    /// <inheritdoc/>
    public string ClusterName => node.Settings.ClusterName;

    /// <inheritdoc/>
    public StoreId Self => node.Settings.StoreId;

    /// <inheritdoc/>
    public ImmutableArray<StoreAddress> Stores => node.Stores;

    /// <inheritdoc/>
    public IRawGateway Raw => node.Raw;

    /// <inheritdoc/>
    public IPlacement Placement => node.Placement;

    /// <inheritdoc/>
    public IRegionAdmin Regions => node.Regions;

    /// <inheritdoc/>
    public bool IsReady => node.IsReady;

    /// <inheritdoc/>
    public Task Terminated => node.Terminated;

    /// <summary>Starts one.</summary>
    /// <param name="config">The whole configuration: the user's over the reference files.</param>
    /// <param name="bind">The address that its ports are bound to.</param>
    /// <param name="logs">Where what its actors say goes.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKv.Core.TinyKvException">A setting, the data directory or a port is wrong; says which and
    /// why.</exception>
    public static async Task<IServedStore> StartAsync(
        Config config, IPAddress bind, ILoggerFactory logs, CancellationToken cancellation) =>
        new NodeStore(await StoreNode.StartAsync(config, bind, cancellation, new LogSetup(logs, isQuiet: true)));

    /// <inheritdoc/>
    public Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation) =>
        node.StatusAsync(cancellation);

    /// <inheritdoc/>
    public Task<(StoreDirectory Stores, string? Left)> RemoveStoreAsync(StoreId store, CancellationToken cancellation) =>
        node.RemoveStoreAsync(store, cancellation);

    /// <inheritdoc/>
    public Task HandOverAsync() => node.HandOverAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => node.DisposeAsync();
}
