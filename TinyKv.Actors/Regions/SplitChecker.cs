using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Regions;

/// <summary>What regions are split with.</summary>
internal sealed record SplitCheckerSpec
{
    /// <summary>Who leads.</summary>
    public required RegionTable Table { get; init; }

    /// <summary>Takes requests to the regions.</summary>
    public required IActorRef Store { get; init; }

    /// <summary>Hands out numbers, on each store.</summary>
    public required StoreServices Ids { get; init; }

    /// <summary>Holds the data.</summary>
    public required IEngine Engine { get; init; }

    /// <summary>What was written to the regions.</summary>
    public required RegionGrowth Growth { get; init; }

    /// <summary>How large they become.</summary>
    public required RegionSettings Settings { get; init; }
}

/// <summary>
/// Splits the regions that this store leads when they have grown too large, one after the other. To measure a region means to
/// read it: that is done only when what was written since may have made it too large. Blocks on the engine.
/// </summary>
internal sealed class SplitChecker(SplitCheckerSpec spec) : UntypedActor, IWithTimers
{
    /// <summary>The actor's name.</summary>
    public const string Name = "split-checker";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private (RegionId Region, SplitPoint Point)? _underWay;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What makes the actor.</summary>
    public static Props Props(SplitCheckerSpec spec) => Akka.Actor.Props.Create(() => new SplitChecker(spec));

    // So much must be written to one that has almost the size before it is read again.
    private long LeastGrowth => spec.Settings.SplitBytes / 8;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Pause);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: Check(); break;
            case SplitStep.Ended ended: Ended(ended); break;
            default: Unhandled(message); break;
        }
    }

    private void Check()
    {
        if (_underWay is not null) return;
        foreach (var region in spec.Growth.Grown(spec.Settings.MaxBytes, LeastGrowth))
        {
            if (spec.Table.Find(region) is not { } view) spec.Growth.Forget(region);
            else if (view.Peer is { Change.Role: RoleKind.Leader } && Split(view.Region)) return;
        }
    }

    private bool Split(Region region)
    {
        using var snapshot = spec.Engine.Snapshot();
        var point = SplitPoint.Find(snapshot, region.Range, spec.Settings.SplitBytes);
        // One that has a single key cannot be split, and is not looked at again before it has grown by as much.
        spec.Growth.Measured(region.Id, point.Key is null ? 0 : point.TotalBytes);
        if (point.TotalBytes < spec.Settings.MaxBytes || point.Key is null) return false;
        _underWay = (region.Id, point);
        Context.ActorOf(SplitStep.Props(region.Id, point.Key, spec.Store, Ids));
        return true;
    }

    // Placement's leader, as known here.
    private IActorRef? Ids() =>
        spec.Table.Find(RegionId.Placement)?.Peer?.Leader is { } leader ? spec.Ids.On(leader.Store) : null;

    private void Ended(SplitStep.Ended ended)
    {
        if (_underWay is not var (region, point)) return;
        _underWay = null;
        if (ended.Answer is not RegionSplit split)
        {
            _log.Warning("{Region} has {Bytes} bytes and is not split: {Reason}", region, point.TotalBytes, ended.Answer);
            return;
        }
        _log.Info("{Region} had {Bytes} bytes: what is from {Key} on is {Child} now",
            region, point.TotalBytes, Convert.ToHexString(split.Child.Range.Start.Span), split.Child.Id);
        spec.Growth.Measured(region, point.LeftBytes);
        spec.Growth.Measured(split.Child.Id, point.TotalBytes - point.LeftBytes);
        Check();
    }

    /// <summary>It is time to look.</summary>
    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
