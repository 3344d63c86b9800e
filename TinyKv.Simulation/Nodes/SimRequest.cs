using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>One thing that a client wants, and its attempts to get it: of the leader that it knows of, or of any.</summary>
internal abstract class SimRequest(SimClient client)
{
    /// <summary>How long one may take when everything must work.</summary>
    public static readonly TimeSpan CalmTimeout = TimeSpan.FromSeconds(8);

    private readonly bool _mustSucceed = client.ExpectsSuccess;
    private CancellationTokenSource _cancellation = new();
    private Process? _asked;
    private bool _ended;
    private int _attempt;
    private long _deadline;

    /// <summary>The group that does it.</summary>
    protected virtual RegionId Region => RegionId.Placement;

    /// <summary>Who wants it.</summary>
    protected SimClient Client => client;

    /// <summary>Where that is.</summary>
    protected World World => client.World;

    /// <summary>When it was first asked for.</summary>
    protected long Called { get; private set; }

    /// <summary>Asks, until it has an answer or the timeout ends.</summary>
    public void Begin()
    {
        Called = World.Now;
        World.Trace.Add($"{World.Clock} client {client.Number} {this}");
        // Whoever waits longer than the faults last could not ask for anything when they are over.
        var left = NodePlan.CalmBegins - new TimeSpan(World.Now);
        var patience = World.Cluster.Plan.GatewayTimeout;
        var timeout = _mustSucceed ? CalmTimeout : patience < left ? patience : left;
        _deadline = World.Now + timeout.Ticks;
        World.After(timeout, GiveUp);
        Attempt();
    }

    /// <summary>Whom to ask now.</summary>
    protected virtual Machine Target() =>
        client.Leaders.GetValueOrDefault(Region) is { } known && client.Random.Percent(90) ? known : client.AnyMachine();

    /// <summary>What the store does; its answer, or why there is none.</summary>
    protected abstract Task<object?> Serve(Process process, CancellationToken cancellation);

    /// <summary>It was answered.</summary>
    protected abstract void Got(object? answer);

    /// <summary>Whether a refusal is what it must be told, so that nothing was done, and if so whether it may be asked again;
    /// null: it must not be told that.</summary>
    protected virtual bool? IsRefused(RegionError refusal) => null;

    /// <summary>It is not known whether anything was done.</summary>
    protected virtual void Unknown()
    {
    }

    /// <summary>An answer for people.</summary>
    protected virtual string Show(object? answer) => $"{answer}";

    private void End(bool success)
    {
        _ended = true;
        if (success && _mustSucceed) client.Successes++;
        client.Start();
    }

    private void Attempt()
    {
        var (number, target) = (++_attempt, Target());
        _asked = null;
        if (IsLost(NodeMark.ClientRequestLost)) return;
        World.After(client.Latency(), () => Arrive(target, number));
    }

    private void Arrive(Machine target, int number)
    {
        if (_ended || number != _attempt) return;
        if (target.Process is not { } process)
        {
            Refused(null, number);
            return;
        }
        _asked = process;
        _cancellation = new CancellationTokenSource();
        var token = _cancellation.Token;
        process.Tasks.Start(async () =>
        {
            object? answer;
            try
            {
                answer = await Serve(process, token);
            }
            catch (Exception e)
            {
                answer = e;
            }
            if (IsLost(NodeMark.ClientAnswerLost)) return;
            World.After(client.Latency(), () => Answered(target, answer, number));
        });
    }

    private void Answered(Machine from, object? answer, int number)
    {
        if (_ended || number != _attempt) return;
        // What it is told may be anything then; that it is answered is all that can be asked for.
        if (World.Cluster.IsLiedTo)
        {
            End(success: false);
            return;
        }
        World.Trace.Add($"{World.Clock} client {client.Number} {this}: {from.Name} says {Show(answer)}");
        World.Trace.Mix(World.Now);
        switch (answer)
        {
            case RegionError.NotLeader refusal:
                World.Marks.Hit(NodeMark.RefusedNotLeader);
                Refused(refusal.Leader?.Store, number);
                break;
            case RegionError.StaleCommand:
                World.Marks.Hit(NodeMark.OutcomeUnknown);
                client.Leaders.Remove(Region);
                Unknown();
                End(success: false);
                break;
            case RegionError.ServerIsBusy:
                World.Marks.Hit(NodeMark.RefusedBusy);
                Refused(from.Store, number);
                break;
            case PlacementUnavailableException:
                World.Marks.Hit(NodeMark.PlacementUnavailable);
                Refused(null, number);
                break;
            case RegistryRefusedException refused:
                World.Marks.Hit(NodeMark.StoreRefused);
                World.Trace.Add($"{World.Clock} {refused.Refusal.Kind}");
                if (refused.Refusal.Kind == RegistryRefusalKind.NotBootstrapped) Refused(null, number);
                else End(success: true);
                break;
            case RegionError refusal when IsRefused(refusal) is { } again:
                if (again) Refused(null, number);
                else End(success: false);
                break;
            case RegionError or Exception:
                World.Fail(Rule.NothingThrows, $"client {client.Number} {this}: {answer}");
                break;
            default:
                Got(answer);
                End(success: true);
                break;
        }
    }

    // Nothing was done: it may be asked again.
    private void Refused(StoreId? leader, int number)
    {
        client.Leaders[Region] = leader is { } known ? World.Cluster.FindMachineOf(known) : null;
        World.After(TimeSpan.FromMilliseconds(1 + client.Random.Next(50)), () =>
        {
            if (_ended || number != _attempt || World.Now >= _deadline) return;
            Attempt();
        });
        _asked = null;
    }

    private void GiveUp()
    {
        if (_ended) return;
        World.Trace.Add($"{World.Clock} client {client.Number} {this}: gives up");
        World.Marks.Hit(NodeMark.ClientGaveUp);
        // A store that was removed and has ended itself cannot answer; its clients would see the connection break.
        if (_mustSucceed && _asked is not { IsDead: true })
            World.Fail(Rule.Serves, $"client {client.Number} {this}: no success in a healthy cluster");
        client.Leaders.Remove(Region);
        var (asked, cancellation) = (_asked, _cancellation);
        if (asked is not null && client.Random.Percent(50))
        {
            World.Marks.Hit(NodeMark.ClientCancelled);
            asked.Enqueue(new Akka.Dispatch.ActionRunnable(cancellation.Cancel));
        }
        // Of an attempt that was not answered nothing is known; all before it were refused.
        if (asked is not null) Unknown();
        End(success: false);
    }

    private bool IsLost(NodeMark mark)
    {
        var cluster = World.Cluster;
        if (cluster.Network.IsCalm || !client.Random.Percent(Math.Min(5, cluster.Plan.Links.Lose))) return false;
        World.Marks.Hit(mark);
        return true;
    }
}

/// <summary>Asks for an id.</summary>
internal sealed class IdRequest(SimClient client) : SimRequest(client)
{
    /// <inheritdoc/>
    public override string ToString() => "id";

    /// <inheritdoc/>
    protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
        await process.Actors.Placement.AllocateIdAsync(cancellation);

    /// <inheritdoc/>
    protected override void Got(object? answer)
    {
        World.Marks.Hit(NodeMark.IdsAllocated);
        if (World.Cluster.Grants.Add((ulong)answer!) is { } wrong) World.Fail(Rule.UniqueIds, wrong);
    }
}

/// <summary>Asks for timestamps.</summary>
internal sealed class TimestampRequest(SimClient client, int count) : SimRequest(client)
{
    private readonly long _floor = client.World.Cluster.Grants.Highest;

    /// <inheritdoc/>
    public override string ToString() => $"{count} timestamps";

    /// <inheritdoc/>
    protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
        await process.Actors.Placement.AllocateTimestampsAsync(count, cancellation);

    /// <inheritdoc/>
    protected override void Got(object? answer)
    {
        World.Marks.Hit(NodeMark.TimestampsAllocated);
        var (last, grants) = ((Timestamp)answer!, World.Cluster.Grants);
        if (last.Physical >= grants.ReservedMs)
            World.FailIfHonest(Rule.ReservedTimestamps, $"{last} is handed out, reserved is below {grants.ReservedMs} ms");
        if (grants.Add(_floor, last, count) is { } wrong) World.Fail(Rule.RisingTimestamps, wrong);
    }
}
