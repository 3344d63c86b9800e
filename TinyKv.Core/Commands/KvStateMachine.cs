using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Commands;

/// <summary>
/// The state machine of a region with data. A write was checked on the leader already, but against the region as it was
/// then: the same checks decide again here, equally on every replica.
/// </summary>
/// <param name="region">The region, as of what is applied when it begins.</param>
public sealed class KvStateMachine(Region region) : IStateMachine
{
    /// <inheritdoc/>
    public Region Region { get; private set; } = region;

    /// <inheritdoc/>
    public void Apply(Configuration members) => Region = Region.With(members);

    /// <inheritdoc/>
    public Applied? Apply(Command command, long term, IEngineView view) => command switch
    {
        WriteCommand write => Apply(write, view),
        SplitRegion split => Apply(split),
        _ => null,
    };

    /// <inheritdoc/>
    public object Read(long term) => new Readable(Region);

    private Applied Apply(SplitRegion split)
    {
        if (SplitPlan.Refusal(Region, split) is { } refusal) return new Applied([], refusal);
        var result = SplitPlan.Of(Region, split);
        Region = result.Parent;
        return new Applied([], result);
    }

    private Applied Apply(WriteCommand write, IEngineView view)
    {
        if (write.RegionVersion != Region.Epoch.Version)
            return new Applied([], new RegionError.EpochNotMatch([Region]));
        if (Admission.KeyOutside(Region, write.Batch, write.Condition) is { } refusal) return new Applied([], refusal);
        if (write.Condition is not { } condition) return new Applied(write.Batch, Written.Instance);
        using var snapshot = view.Snapshot();
        var current = snapshot.Get(condition.Family, condition.Key.Span);
        var holds = condition.Holds(current);
        return new Applied(holds ? write.Batch : [], new Storage.ConditionOutcome(holds, current));
    }
}

/// <summary>The engine holds everything that the reader must see of the region.</summary>
public sealed record Readable(Region Region);
