using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Lets a machine with an empty disk join, as <see cref="StoreJoin"/> does: its directory has its number before the cluster is
/// told of it, and what placement says of the others is in the engine before it is a store. Any attempt may be cut short.
/// </summary>
internal sealed class Joining(World world, Machine machine, Random random, Action joined)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private int _attempts;

    private NodeCluster Cluster => world.Cluster;

    /// <summary>Begins; ends when the store runs.</summary>
    public void Begin()
    {
        var attempt = ++_attempts;
        world.After(Patience, () =>
        {
            if (attempt == _attempts) Begin();
        });
        if (Cluster.AnyRunning(random) is { } process) process.Tasks.Start(() => RegisterAsync(process, attempt));
    }

    private async Task RegisterAsync(Process process, int attempt)
    {
        var directory = machine.Disk.Make([]).Directory;
        world.Trace.Add($"{world.Clock} {machine.Host} asks {process.Machine.Name} to register {directory}");
        try
        {
            var stores = await process.Actors.Placement.ChangeStoresAsync(
                new RegisterStore(NodeCluster.ClusterId, directory, machine.Address, StoreSystem.Version),
                CancellationToken.None);
            if (attempt == _attempts) Registered(stores);
        }
        catch (PlacementUnavailableException)
        {
            if (attempt == _attempts) BeginAgain();
        }
        catch (RegistryRefusedException refused)
        {
            if (refused.Refusal.Kind != RegistryRefusalKind.NotBootstrapped)
                world.Fail(Rule.NothingThrows, $"{machine.Host} cannot join: {refused.Message}");
            if (attempt == _attempts) BeginAgain();
        }
    }

    private void Registered(StoreDirectory stores)
    {
        Cluster.Grants.Check(world, stores);
        if (IsCutShort(NodeMark.JoinAnswerLost)) return;
        var self = stores.Find(machine.Disk.Record!.Directory)!;
        StoreKeeper.Begin(machine.Disk.OpenEngine(), stores);
        if (IsCutShort(NodeMark.JoinInterrupted)) return;
        _attempts++;
        machine.Join(self.Id, machine.Disk.Record.Join(self.Id, stores.Initial, stores.Registered));
        Cluster.Joined(machine);
        world.Trace.Add($"{world.Clock} {machine.Host} has joined as {machine.Name}");
        world.Marks.Hit(NodeMark.StoreJoined);
        // Not in what another process does: Akka waits for its loggers, and they would wait for that process.
        world.After(TimeSpan.Zero, () =>
        {
            if (machine.Process is null) machine.Start();
            joined();
        });
    }

    private bool IsCutShort(NodeMark mark)
    {
        if (!random.Percent(25)) return false;
        world.Marks.Hit(mark);
        BeginAgain();
        return true;
    }

    private void BeginAgain()
    {
        _attempts++;
        world.After(TimeSpan.FromMilliseconds(100 + random.Next(400)), Begin);
    }
}
