using System.Text;
using TinyKv.Actors.Regions;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;

namespace TinyKv.Simulation.Nodes;

/// <summary>Splits regions, as operators do, through whichever store happens to run.</summary>
internal sealed class Splits(World world)
{
    // Between single keys, between them and the pairs, and between pairs: no pair is cut. One is before all keys.
    private static readonly string[] Keys = ["a", "k1", "k2", "k3", "k4", "k5", "k6", "m", "t1", "t2", "t3", "t4", "t5", "t6"];

    // Not the world's: where regions are not split nothing is drawn.
    private readonly Random _random = new(world.Seed);

    private NodeCluster Cluster => world.Cluster;

    /// <summary>Begins, if the plan has splits.</summary>
    public void Start()
    {
        if (Cluster.Plan.SplitsRegions) SplitLater();
    }

    private void SplitLater() => world.After(TimeSpan.FromSeconds(2 + 6 * _random.NextDouble()), () =>
    {
        if (new TimeSpan(world.Now) > NodePlan.ChaosEnds) return;
        var key = Encoding.UTF8.GetBytes(Keys[_random.Next(Keys.Length)]);
        if (Cluster.Map.Find(key) is { } located) Split(located.Region.Id, key);
        SplitLater();
    });

    private void Split(RegionId region, byte[] key)
    {
        if (Cluster.AnyRunning(_random) is not { } process) return;
        process.Tasks.Start(async () =>
        {
            string outcome;
            try
            {
                var split = await process.Actors.Regions.SplitAsync(region, key, CancellationToken.None);
                outcome = split is null ? "it has that bound already" : $"{split.Parent.Range} and {split.Child.Range}";
                world.Marks.HitIf(split is null, NodeMark.SplitRepeated);
            }
            catch (RegionRefusedException refused)
            {
                outcome = refused.Message;
                world.Marks.Hit(NodeMark.SplitRefused);
            }
            world.Trace.Add($"{world.Clock} a split of {region} at {new KeyRange(key, default)}: {outcome}");
        });
    }
}
