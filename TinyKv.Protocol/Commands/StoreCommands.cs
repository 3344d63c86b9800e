using TinyKv.Core.Commands;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Placement;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Commands;

/// <summary>The commands about stores, as parts of the message that all commands have.</summary>
public static class StoreCommands
{
    private const int MaxStores = 1000;

    /// <summary>The message of a command; null when it is about something else.</summary>
    public static Proto.Command? ToWire(Command command) => command switch
    {
        BootstrapCluster bootstrap => new Proto.Command
        {
            BootstrapCluster = new Proto.BootstrapCluster
            {
                ClusterId = bootstrap.Cluster,
                MaxReplicas = bootstrap.MaxReplicas,
                Stores = { bootstrap.Stores.Select(StoreWire.ToWire) },
            },
        },
        RegisterStore store => new Proto.Command
        {
            RegisterStore = new Proto.RegisterStore
            {
                ClusterId = store.Cluster,
                Directory = store.Directory.Value,
                Addresses = StoreWire.ToWire(store.Addresses),
                ProgramVersion = store.ProgramVersion,
            },
        },
        UpdateStore update => new Proto.Command
        {
            UpdateStore = new Proto.UpdateStore
            {
                StoreId = update.Store.Value,
                IfVersion = update.IfVersion,
                Labels = { update.Labels },
            },
        },
        SetStoreState state => new Proto.Command
        {
            SetStoreState = new Proto.SetStoreState { StoreId = state.Store.Value, State = (int)state.State },
        },
        SetClusterConfig config => new Proto.Command
        {
            SetClusterConfig = new Proto.SetClusterConfig { ClusterId = config.Cluster, MaxReplicas = config.MaxReplicas },
        },
        _ => null,
    };

    /// <summary>The command of a message; null when it is about something else.</summary>
    /// <exception cref="MalformedMessageException">A part is impossible.</exception>
    public static Command? FromWire(Proto.Command wire)
    {
        switch (wire.BodyCase)
        {
            case Proto.Command.BodyOneofCase.BootstrapCluster:
                var cluster = wire.BootstrapCluster;
                WireCodec.Require(cluster.ClusterId != 0, "a cluster without a number");
                WireCodec.Require(cluster.Stores.Count is > 0 and <= MaxStores, $"a cluster of {cluster.Stores.Count} stores");
                WireCodec.Require(
                    cluster.Stores.Select(store => store.Id).Distinct().Count() == cluster.Stores.Count, "a store twice");
                return new BootstrapCluster(
                    cluster.ClusterId, cluster.MaxReplicas, [.. cluster.Stores.Select(StoreWire.FromWire)]);
            case Proto.Command.BodyOneofCase.RegisterStore:
                var store = wire.RegisterStore;
                return new RegisterStore(store.ClusterId, new DirectoryId(store.Directory),
                    StoreWire.FromWire(store.Addresses), StoreWire.Text(store.ProgramVersion));
            case Proto.Command.BodyOneofCase.UpdateStore:
                var update = wire.UpdateStore;
                return new UpdateStore(
                    new StoreId(update.StoreId), WireCodec.Count(update.IfVersion, "the version"),
                    StoreWire.Labels(update.Labels));
            case Proto.Command.BodyOneofCase.SetStoreState:
                return new SetStoreState(
                    new StoreId(wire.SetStoreState.StoreId), StoreWire.State(wire.SetStoreState.State));
            case Proto.Command.BodyOneofCase.SetClusterConfig:
                return new SetClusterConfig(wire.SetClusterConfig.ClusterId, wire.SetClusterConfig.MaxReplicas);
            default:
                return null;
        }
    }
}
