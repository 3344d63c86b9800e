using System.Collections.Immutable;
using System.Net;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Host.Server;

/// <summary>A real store behind the services.</summary>
internal sealed class NodeStore(StoreNode node) : IServedStore
{
    public ulong ClusterId => node.ClusterId;

    public StoreId Self => node.Settings.StoreId;

    public ImmutableArray<StoreAddress> Stores => node.Settings.Stores;

    public IRawGateway Raw => node.Raw;

    public IPlacement Placement => node.Placement;

    public bool IsReady => node.IsReady;

    public Task Terminated => node.Terminated;

    public static async Task<IServedStore> StartAsync(
        Config config, IPAddress bind, ILoggerFactory logs, CancellationToken cancellation) =>
        new NodeStore(await StoreNode.StartAsync(
            config, bind, faults: null, cancellation, new LogSetup(logs, isQuiet: true)));

    public Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation) =>
        node.StatusAsync(cancellation);

    public ValueTask DisposeAsync() => node.DisposeAsync();
}
