using TinyKv.Core;

namespace TinyKv.Faults.Campaigns;

/// <summary>All kinds of faults, and the order in which a campaign does them.</summary>
internal static class FaultKinds
{
    /// <summary>All kinds.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new KillOne(leader: true), new KillOne(leader: false), new KillMajority(), new KillAll(), new Pause(),
        new LongPause(), new Partition(), new OneWay(), new BridgeCut(), new Reset(), new Loss(), new SlowDisk(),
        new StalledDisk(), new FullDisk(), new FailingSync(), new EmptyDirectory(),
        new LostTail(), new OldCopy(), new DamagedEngine(),
        new MoveLeader(), new MoveReplica(isAway: false), new MoveReplica(isAway: true),
        new WipedStore(), new CorruptSnapshot(),
    ];

    /// <summary>The kinds of a comma-separated list; all when there is none.</summary>
    /// <exception cref="TinyKvException">A name is unknown.</exception>
    public static IReadOnlyList<Fault> Named(string? names)
    {
        if (string.IsNullOrWhiteSpace(names)) return All;
        return [.. names.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(name =>
            All.FirstOrDefault(fault => fault.Name == name) ?? throw new TinyKvException(
                $"'{name}' is no fault; there are {string.Join(", ", All.Select(fault => fault.Name))}"))];
    }

    /// <summary>An endless order: each kind as often as its weight, shuffled, again and again.</summary>
    public static IEnumerable<Fault> Deal(IReadOnlyList<Fault> kinds, Random random)
    {
        while (true)
        {
            var deck = kinds.SelectMany(kind => Enumerable.Repeat(kind, kind.Weight)).ToArray();
            random.Shuffle(deck);
            foreach (var fault in deck) yield return fault;
        }
    }
}
