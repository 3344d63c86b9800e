using TinyKv.Simulation.Common;
using TinyKv.Simulation.Planted.Core;
using TinyKv.Simulation.Planted.Nodes;

namespace TinyKv.Simulation.Planted;

/// <summary>Lists of planted bugs, and the budget of seeds within which each must be found.</summary>
internal sealed class BugHunt(Func<Ground> ground, int seeds, int soundSeeds, IReadOnlyList<Subject> subjects)
{
    private readonly Lazy<BugCompiler> _compiler = new(
        () => new BugCompiler(ground(), subjects.SelectMany(subject => subject.Bugs)));

    /// <summary>In the core.</summary>
    public static BugHunt Core { get; } = new(() => Ground.Core, 600, 600,
    [
        ElectionBugs.Subject, DurabilityBugs.Subject, LogBugs.Subject, CommitBugs.Subject, ReadBugs.Subject,
        DataLossBugs.Subject, AvailabilityBugs.Subject, HostileMemberBugs.Subject, Planted.Core.CompactionBugs.Subject,
        MembershipBugs.Subject,
    ]);

    /// <summary>In whole stores; their consensus is as it should be.</summary>
    public static BugHunt Nodes { get; } = new(() => Ground.Nodes, 200, 5,
    [
        JournalBugs.Subject, LostStoreBugs.Subject, RegionBugs.Subject, ApplyBugs.Subject, AdmissionBugs.Subject,
        GatewayBugs.Subject, ConditionBugs.Subject, PlacementBugs.Subject, TransportBugs.Subject, HostileStoreBugs.Subject,
        StreamBugs.Subject, Planted.Nodes.CompactionBugs.Subject, Planted.Nodes.SnapshotBugs.Subject, MemberBugs.Subject,
        StoreBugs.Subject, SplitBugs.Subject,
    ]);

    /// <summary>In how snapshots are made and installed.</summary>
    public static BugHunt Snapshots { get; } = new(() => Ground.Snapshots, 1000, 1000, [Planted.Snapshots.SnapshotBugs.Subject]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BugHunt> All { get; } = [Core, Nodes, Snapshots];

    /// <summary>The bugs.</summary>
    public IReadOnlyList<Subject> Subjects => subjects;

    /// <summary>The budget. A bug that needs more asks for a better simulation.</summary>
    public int Seeds => seeds;

    /// <summary>Requires that every bug can be planted, in one place.</summary>
    /// <exception cref="SimulationException">One cannot.</exception>
    public void RequirePlaces()
    {
        foreach (var bug in subjects.SelectMany(subject => subject.Bugs)) _compiler.Value.RequirePlace(bug);
    }

    /// <summary>Plants a bug and looks for it: with the seed that found it last, then with all of them. What is stopped by a
    /// rule that the bug does not name is not found yet.</summary>
    /// <exception cref="SimulationException">It cannot be planted, or does not compile.</exception>
    public Verdict LookFor(PlantedBug bug)
    {
        var run = _compiler.Value.Compile(bug);
        if (Read(run(bug.Seed, 1)) is { } again && bug.Breaks.Contains(again.Rule)) return new Verdict(bug, again, []);
        var others = new List<FoundBy>();
        for (var first = 1; first <= seeds; first = others[^1].Seed + 1)
        {
            if (Read(run(first, seeds - first + 1)) is not { } found) break;
            if (bug.Breaks.Contains(found.Rule)) return new Verdict(bug, found, others);
            others.Add(found);
        }
        return new Verdict(bug, null, others);
    }

    /// <summary>Looks where no bug was planted: through the same steps, so that these are not what is found.</summary>
    public Verdict LookForNothing() => new(null, Read(_compiler.Value.Compile(null)(1, soundSeeds)), []);

    /// <summary>The bug with a name.</summary>
    /// <exception cref="SimulationException">There is none.</exception>
    public PlantedBug Find(string name) => Named("").FirstOrDefault(bug => bug.Name == name)
        ?? throw new SimulationException($"no planted bug has the name '{name}'");

    /// <summary>The bugs with a word in their names or subjects.</summary>
    public IEnumerable<PlantedBug> Named(string word) =>
        from subject in subjects
        from bug in subject.Bugs
        where $"{subject.Name} {bug.Name}".Contains(word, StringComparison.OrdinalIgnoreCase)
        select bug;

    private static FoundBy? Read((int Seed, string Rule, string Text)? failure) => failure is { } found
        ? new FoundBy(found.Seed, Enum.Parse<Rule>(found.Rule), found.Text.Split(Environment.NewLine)[0]) : null;
}
