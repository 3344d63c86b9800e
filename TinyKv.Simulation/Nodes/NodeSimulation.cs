using System.Runtime.ExceptionServices;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Failure">What is wrong, or null.</param>
/// <param name="Hash">A digest of all that happened; equal for equal runs.</param>
/// <param name="Steps">How many things happened.</param>
/// <param name="Operations">How many operations of clients were checked.</param>
/// <param name="Trace">What happened, line by line; empty unless asked for.</param>
public sealed record NodeOutcome(
    int Seed, Finding? Failure, ulong Hash, long Steps, int Operations, IReadOnlyList<string> Trace)
    : IOutcome<NodeMark>
{
    /// <summary>The faults and rare states that it reached.</summary>
    internal Marks<NodeMark> Marks { get; init; } = new();

    bool IOutcome<NodeMark>.Failed => Failure is not null;

    Marks<NodeMark> IOutcome<NodeMark>.Marks => Marks;

    /// <summary>One line; the same for the same seed in every process.</summary>
    public override string ToString() =>
        $"seed {Seed} hash {Hash:x16} steps {Steps} operations {Operations} {(Failure is null ? "ok" : $"FAILED {Failure}")}";
}

/// <summary>Runs one seed: a minute of a cluster, first with faults, then without; some are followed by hostility.</summary>
public static class NodeSimulation
{
    /// <summary>
    /// Runs <paramref name="seed"/>, on a thread of its own: what the calling thread carries along, a synchronization
    /// context for one, would have a say in the order of things.
    /// </summary>
    public static NodeOutcome Run(int seed, bool readable = false)
    {
        NodeOutcome? outcome = null;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                outcome = RunHere(seed, readable);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 16 * 1024 * 1024);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return outcome!;
    }

    private static NodeOutcome RunHere(int seed, bool readable)
    {
        var world = new World(seed, readable);
        try
        {
            Run(world);
        }
        // Whatever is thrown outside of the actors is a finding too.
        catch (Exception e)
        {
            world.Fail(Rule.NothingThrows, e.ToString());
        }
        return new NodeOutcome(
            seed, world.Failure, world.Trace.Hash, world.Steps, world.Cluster.History.Count, world.Trace.Lines)
        {
            Marks = world.Marks,
        };
    }

    private static void Run(World world)
    {
        var cluster = new NodeCluster(world);
        foreach (var machine in cluster.Machines) machine.Start();
        var clients = Enumerable.Range(1, cluster.Plan.Clients).Select(number => new SimClient(world, number)).ToList();
        foreach (var client in clients) client.Start();
        var nemesis = new Nemesis(world);
        nemesis.Start();
        var members = new MemberChanges(world);
        members.Start();
        new Splits(world).Start();
        var stores = new StoreChanges(world);
        stores.Start();
        world.RunUntil(NodePlan.ChaosEnds);
        nemesis.End();
        members.End();
        stores.End();
        world.RunUntil(NodePlan.CalmBegins);
        foreach (var client in clients) client.ExpectsSuccess = true;
        world.RunUntil(NodePlan.CalmBegins + TimeSpan.FromSeconds(2));
        foreach (var client in clients) client.IsActive = false;
        world.RunUntil(NodePlan.End);
        CatchUp(world, () => members.Left ?? stores.Left);
        if (world.Failure is null) Judge(world, clients);
        if (world.Failure is null) NodeHostility.MayFollow(world, clients);
    }

    /// <summary>Gives stores that are behind, and those who change members or stores, up to a minute: how long they take depends
    /// on how slow disks and how small appends are.</summary>
    /// <param name="world">Where they are.</param>
    /// <param name="left">What is not done yet; null: nothing.</param>
    internal static void CatchUp(World world, Func<string?> left)
    {
        for (var seconds = 0; seconds < 60 && world.Failure is null && !IsDone(); seconds++)
            world.RunUntil(new TimeSpan(world.Now) + TimeSpan.FromSeconds(1));
        if (left() is { } what) world.Fail(Rule.Converges, what);

        bool IsDone() => left() is null && world.Cluster.HasCaughtUp;
    }

    /// <summary>What must hold when everything works again and nobody asks for anything more.</summary>
    internal static void Judge(World world, List<SimClient> clients)
    {
        world.Cluster.CheckConverged();
        if (clients.TrueForAll(client => client.Successes == 0))
            world.Fail(Rule.Serves, "nobody asked a healthy cluster for anything");
        world.Marks.HitIf(world.Cluster.History.CountUnknownSeen() > 0, NodeMark.UnknownWriteSeen);
        if (world.Cluster.History.Anomaly() is { } anomaly) world.Fail(Rule.Linearizability, anomaly);
    }
}
