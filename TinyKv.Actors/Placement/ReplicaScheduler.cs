using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Placement.Checkers;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Placement;

/// <summary>How is the cluster? To the service of the placement leader on this store; answered with a
/// <see cref="ClusterView"/>, or with something else where it does not lead.</summary>
internal sealed record DescribeCluster
{
    public static DescribeCluster Instance { get; } = new();
}

/// <summary>
/// Lets regions be where they are meant to be, on the store that leads placement: what the checker finds is asked of the
/// regions' leaders, step by step, each time from what is known then.
/// </summary>
/// <param name="spec">What it works with.</param>
internal sealed class ReplicaScheduler(ReplicaSchedulerSpec spec) : UntypedActor, IWithTimers
{
    /// <summary>The actor's name.</summary>
    public const string Name = "replica-scheduler";

    // A copy of a region's data is the work; more at a time would take no less.
    private const int MaxSteps = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<RegionId> _underWay = [];
    private readonly Dictionary<RegionId, string> _said = [];

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What makes the actor.</summary>
    public static Props Props(ReplicaSchedulerSpec spec) => Akka.Actor.Props.Create(() => new ReplicaScheduler(spec));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Pause);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick when Leads: spec.Stores.Tell(DescribeCluster.Instance); break;
            case Tick: _said.Clear(); break;
            case ClusterView view: Check(view); break;
            case ReplicaStep.Ended ended: _underWay.Remove(ended.Region); break;
            case Wire.StoresReply: break; // another leads
            default: Unhandled(message); break;
        }
    }

    private bool Leads => spec.Regions.Find(RegionId.Placement)?.Peer is { Change.Role: RoleKind.Leader, CaughtUp: true };

    private void Check(ClusterView view)
    {
        foreach (var next in ReplicaChecker.Check(view))
        {
            var region = next.Region.Region.Id;
            if (_underWay.Count >= MaxSteps || !_underWay.Add(region)) continue; // one that is under way is counted
            if (_said.GetValueOrDefault(region) != next.Reason)
                _log.Info("{Region}: {Goal}, because {Reason}", region, Text(next), next.Reason);
            _said[region] = next.Reason;
            Context.ActorOf(ReplicaStep.Props(next, spec.Services, spec.Ids));
        }
    }

    private static string Text(ReplicaOperator next) => next.Goal is Core.Raft.Membership.MemberGoal.Voter
        ? $"a replica on {next.Goal.Store}" : $"none on {next.Goal.Store}";

    /// <summary>It is time to look.</summary>
    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}

/// <summary>What replicas are placed with.</summary>
internal sealed record ReplicaSchedulerSpec
{
    /// <summary>Who leads.</summary>
    public required RegionTable Regions { get; init; }

    /// <summary>Knows the stores, on this store.</summary>
    public required IActorRef Stores { get; init; }

    /// <summary>Hands out numbers, on this store.</summary>
    public required IActorRef Ids { get; init; }

    /// <summary>Administers regions, on each store.</summary>
    public required StoreServices Services { get; init; }
}
