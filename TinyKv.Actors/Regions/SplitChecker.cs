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
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<RegionId, TimeSpan> _refused = []; // when they are tried again
    private (RegionId Region, SplitPoint Point)? _underWay;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What makes the actor.</summary>
    public static Props Props(SplitCheckerSpec spec) => Akka.Actor.Props.Create(() => new SplitChecker(spec));

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

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
            if (_refused.TryGetValue(region, out var until) && Now < until) continue;
            if (spec.Table.Find(region) is { Peer.Change.Role: RoleKind.Leader } view && Split(view.Region)) return;
        }
    }

    private bool Split(Region region)
    {
        var written = spec.Growth.Written(region.Id);
        using var snapshot = spec.Engine.Snapshot();
        var (split, max) = (spec.Settings.SplitBytes, spec.Settings.MaxBytes);
        var point = SplitPoint.Find(snapshot, region.Range, split, max);
        // One large pair cannot be split, and is not looked at again before as much was written.
        var isTooLarge = point.TotalBytes >= max;
        spec.Growth.Measured(region.Id, isTooLarge && point.Key is null ? 0 : point.TotalBytes, written);
        if (!isTooLarge || point.Key is null) return false;
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
            // To find the key again means to read it again.
            _refused[region] = Now + Rest;
            _log.Warning("{Region} has at least {Bytes} bytes and is not split: {Reason}; again in {Rest} s",
                region, point.TotalBytes, ended.Answer, (int)Rest.TotalSeconds);
            return;
        }
        _refused.Remove(region);
        var child = split.Child;
        _log.Info("{Region} had at least {Bytes} bytes: what is from {Key} on is {Child} now",
            region, point.TotalBytes, Convert.ToHexString(child.Range.Start.Span), child.Id);
        spec.Growth.Measured(region, point.LeftBytes);
        if (point.IsWhole) spec.Growth.Measured(child.Id, point.TotalBytes - point.LeftBytes);
        else spec.Growth.Unknown(child.Id);
        Check();
    }

    /// <summary>It is time to look.</summary>
    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
