using TinyKv.Actors.Placement;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Stores;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>A store that does not run here registers, perhaps again, perhaps from where another one is.</summary>
internal sealed class RegistrationRequest(SimClient client, ulong directory, int host) : SimRequest(client)
{
    /// <inheritdoc/>
    public override string ToString() => $"register {directory} at host {host}";

    /// <inheritdoc/>
    protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
        await process.Actors.Placement.ChangeStoresAsync(
            new RegisterStore(NodeCluster.ClusterId, new DirectoryId(directory), new StoreAddresses($"{host}", 1, 2, 3, 4), ""),
            cancellation);

    /// <inheritdoc/>
    protected override string Show(object? answer) =>
        answer is StoreDirectory stores ? $"version {stores.Version}" : $"{answer}";

    /// <inheritdoc/>
    protected override void Got(object? answer)
    {
        var stores = (StoreDirectory)answer!;
        if (stores.Find(new DirectoryId(directory)) is not { } store)
        {
            World.Fail(Rule.UniqueIds, $"{this}: it is registered and not in the directory");
            return;
        }
        World.Marks.Hit(World.Cluster.Grants.IsKnown(store.Directory) ? NodeMark.StoreRegisteredAgain : NodeMark.StoreRegistered);
        World.Cluster.Grants.Check(World, stores);
    }
}

/// <summary>Asks which stores there are.</summary>
internal sealed class StoresRequest(SimClient client) : SimRequest(client)
{
    /// <inheritdoc/>
    public override string ToString() => "stores";

    /// <inheritdoc/>
    protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
        await process.Actors.Placement.ListStoresAsync(cancellation);

    /// <inheritdoc/>
    protected override string Show(object? answer) =>
        answer is StoreList list ? $"version {list.Directory.Version}" : $"{answer}";

    /// <inheritdoc/>
    protected override void Got(object? answer)
    {
        var list = (StoreList)answer!;
        World.Cluster.Grants.Check(World, list.Directory);
        foreach (var report in list.Reports)
        {
            World.Marks.HitIf(report.Stats is { CapacityBytes: 100 }, NodeMark.StoreReported);
            World.Marks.HitIf(report.Condition is StoreCondition.Disconnected or StoreCondition.Down, NodeMark.StoreNotHeard);
        }
    }
}
