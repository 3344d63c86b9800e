using TinyKv.Core.Regions;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// A client that asks one thing after the other, and remembers what it was told. When it was told nothing, it does not
/// know what happened.
/// </summary>
internal sealed class SimClient
{
    private readonly RequestDraw _draw;

    public SimClient(World world, int number)
    {
        (World, Number, Random) = (world, number, world.NewRandom());
        _draw = new RequestDraw(this);
    }

    /// <summary>Where it lives.</summary>
    public World World { get; }

    /// <summary>Its number, from 1 on.</summary>
    public int Number { get; }

    /// <summary>Its draws.</summary>
    public Random Random { get; }

    /// <summary>Who leads which group, as far as it knows.</summary>
    public Dictionary<RegionId, Machine?> Leaders { get; } = [];

    /// <summary>What it last knew of keys.</summary>
    public Dictionary<string, long?> Known { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether it may begin something new.</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>Whether everything must work.</summary>
    public bool ExpectsSuccess { get; set; }

    /// <summary>How often it got what it asked for since everything must work.</summary>
    public int Successes { get; set; }

    /// <summary>Begins; again after each request.</summary>
    public void Start() => World.After(World.Cluster.Plan.ThinkTime * (Random.NextDouble() * 2), () =>
    {
        if (IsActive) _draw.Next().Begin();
        else Start();
    });

    /// <summary>Some machine.</summary>
    public Machine AnyMachine() => World.Cluster.Machines[Random.Next(World.Cluster.Machines.Length)];

    /// <summary>How long a message of it travels.</summary>
    public TimeSpan Latency()
    {
        var (shortest, longest) = World.Cluster.Plan.Links.Latency;
        return new TimeSpan(Random.NextInt64(shortest.Ticks, longest.Ticks + 1));
    }
}
