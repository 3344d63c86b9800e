using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>How a store is: what is decided of it, and whether it is heard.</summary>
public enum StoreCondition
{
    /// <summary>It takes part, and is heard.</summary>
    Up,

    /// <summary>It was not heard for some seconds.</summary>
    Disconnected,

    /// <summary>It was not heard for so long that its replicas are to be replaced.</summary>
    Down,

    /// <summary>It is being removed.</summary>
    Offline,

    /// <summary>It was removed.</summary>
    Tombstone,
}

/// <summary>After which silence a store is called what.</summary>
/// <param name="Disconnected">It may come back at once.</param>
/// <param name="Down">Nobody waits for it any more.</param>
public sealed record HealthLimits(TimeSpan Disconnected, TimeSpan Down);

/// <summary>What a store says of itself now and then.</summary>
/// <param name="CapacityBytes">The size of its disk.</param>
/// <param name="AvailableBytes">What is free of it.</param>
/// <param name="UsedBytes">What its files take.</param>
/// <param name="RegionCount">How many replicas it has.</param>
/// <param name="LeaderCount">How many of these lead.</param>
/// <param name="StartedMs">When it was started, in milliseconds since 1970.</param>
public sealed record StoreStats(
    long CapacityBytes, long AvailableBytes, long UsedBytes, int RegionCount, int LeaderCount, long StartedMs);

/// <summary>
/// Who is heard. Not replicated: the leader of placement hears the stores anew, and gives each the time that one has which
/// was just heard; a store that joins later, too.
/// </summary>
public sealed class StoreHealth(HealthLimits limits)
{
    private readonly Dictionary<StoreId, (TimeSpan Heard, StoreStats Stats)> _heard = [];
    private readonly Dictionary<StoreId, TimeSpan> _known = []; // since when

    /// <summary>The term of leadership in which the stores are heard.</summary>
    public long Term { get; private set; } = -1;

    /// <summary>Leadership was confirmed in a term; what was heard in another is forgotten.</summary>
    /// <param name="term">The term.</param>
    /// <param name="stores">The stores that there are now.</param>
    /// <param name="now">By a clock that does not jump, as everywhere here.</param>
    public void Lead(long term, IEnumerable<StoreId> stores, TimeSpan now)
    {
        if (term != Term)
        {
            Term = term;
            _heard.Clear();
            _known.Clear();
        }
        foreach (var store in stores) _known.TryAdd(store, now);
    }

    /// <summary>A store is heard.</summary>
    public void Hear(StoreId store, StoreStats stats, TimeSpan now) => _heard[store] = (now, stats);

    /// <summary>What it has said last; null when it was not heard in this term.</summary>
    public StoreStats? StatsOf(StoreId store) => _heard.TryGetValue(store, out var last) ? last.Stats : null;

    /// <summary>How long a store was not heard; since this leader knows it, when it never was.</summary>
    public TimeSpan SilenceOf(StoreId store, TimeSpan now) =>
        now - (_heard.TryGetValue(store, out var last) ? last.Heard : _known.GetValueOrDefault(store, now));

    /// <summary>How a store is.</summary>
    public StoreCondition ConditionOf(StoreInfo store, TimeSpan now) => store.State switch
    {
        StoreState.Tombstone => StoreCondition.Tombstone,
        StoreState.Offline => StoreCondition.Offline,
        _ when SilenceOf(store.Id, now) >= limits.Down => StoreCondition.Down,
        _ when SilenceOf(store.Id, now) >= limits.Disconnected => StoreCondition.Disconnected,
        _ => StoreCondition.Up,
    };
}
