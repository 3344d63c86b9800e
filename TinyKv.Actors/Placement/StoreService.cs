using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Placement;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Placement;

/// <summary>
/// Where placement is asked about stores and told of them, on every store at <c>/user/stores</c>. Only the placement leader's
/// answers, but for a store that was removed; the others name the leader that they know. It hears the stores, and knows by
/// that how they are. Questions that come while leadership is being confirmed share the next confirmation.
/// </summary>
internal sealed class StoreService(
    IActorRef store, Func<StoreDirectory> directory, HealthLimits limits, TimeSpan timeout) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "stores";

    // A store that has none yet needs a beginning, not a list.
    private const int MaxRegions = 1000;

    private readonly StoreHealth _health = new(limits);
    private readonly Dictionary<RegionId, ReportedRegion> _regions = []; // by their leaders, in this term
    private readonly List<(IActorRef Asker, object Question)> _waiting = [];
    private List<(IActorRef Asker, object Question)>? _confirming;

    /// <summary>What makes the actor.</summary>
    /// <param name="store">Takes requests to the placement group.</param>
    /// <param name="directory">The stores, as this one knows them.</param>
    /// <param name="limits">After which silence a store is called what.</param>
    /// <param name="timeout">How long the group may take.</param>
    public static Props Props(IActorRef store, Func<StoreDirectory> directory, HealthLimits limits, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new StoreService(store, directory, limits, timeout));

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Wire.PlacementChange change: Change(change); break;
            // For ever, so whoever knows it may say so: the leader may be where that store does not find it.
            case Wire.PlacementHeartbeat heartbeat when Removal(directory(), heartbeat) is { } removal:
                Sender.Tell(removal);
                break;
            case Wire.PlacementListStores or Wire.PlacementHeartbeat or DescribeCluster:
                _waiting.Add((Sender, message));
                ConfirmWaiting();
                break;
            case Changed changed: changed.Asker.Tell(ReplyTo(changed.Answer)); break;
            case Confirmed confirmed: Answer(confirmed.Answer); break;
            default: Unhandled(message); break;
        }
    }

    // Whatever arrives was written by others: what is no command must not get into the log.
    private void Change(Wire.PlacementChange change)
    {
        var asker = Sender;
        try
        {
            if (change.Command is { } wire && StoreCommands.FromWire(wire) is { } command)
                Begin(answer => new Changed(asker, answer),
                    new Propose(RegionId.Placement, null, CommandCodec.Encode(command), []));
            else throw new MalformedMessageException("it is no command about stores");
        }
        catch (MalformedMessageException e)
        {
            asker.Tell(Refused(new RegistryRefusal(RegistryRefusalKind.Invalid, e.Message)));
        }
    }

    private void ConfirmWaiting()
    {
        if (_confirming is not null || _waiting.Count == 0) return;
        _confirming = [.. _waiting];
        _waiting.Clear();
        Begin(answer => new Confirmed(answer), new Read(RegionId.Placement, null));
    }

    private void Answer(object answer)
    {
        var confirmed = _confirming!;
        _confirming = null;
        foreach (var (asker, question) in confirmed)
        {
            if (answer is not PlacementView view) asker.Tell(ReplyTo(answer));
            else if (question is Wire.PlacementHeartbeat heartbeat) asker.Tell(Hear(view, heartbeat));
            else if (question is DescribeCluster) asker.Tell(ViewOf(view));
            else asker.Tell(List(view));
        }
        ConfirmWaiting();
    }

    private Wire.StoresReply Hear(PlacementView view, Wire.PlacementHeartbeat heartbeat)
    {
        Lead(view);
        if (!view.Stores.IsBootstrapped)
            return Refused(new RegistryRefusal(RegistryRefusalKind.NotBootstrapped, "placement does not know the cluster yet"));
        var id = new StoreId(heartbeat.StoreId);
        if (view.Stores.Find(id) is not { } known || (heartbeat.Directory != 0 && known.Directory.Value != heartbeat.Directory))
            return Refused(new RegistryRefusal(RegistryRefusalKind.UnknownStore,
                $"placement knows no {id} with the data directory {heartbeat.Directory:x16}"));
        if (Removal(view.Stores, heartbeat) is { } removal) return removal;
        var stats = heartbeat.Stats ?? new Wire.StoreStats();
        _health.Hear(id, StoreWire.FromWire(stats), Now);
        foreach (var led in heartbeat.Regions) Hear(id, led);
        var reply = new Wire.StoresReply { Changes = StoreWire.ToWire(view.Stores.ChangesSince(heartbeat.Version)) };
        // Requests to it would lead nowhere.
        if (stats.RegionCount == 0) reply.Regions.AddRange(_regions.Values.Where(HasKeys).Take(MaxRegions).Select(Locate));
        return reply;
    }

    private static Wire.StoresReply? Removal(StoreDirectory stores, Wire.PlacementHeartbeat heartbeat)
    {
        var id = new StoreId(heartbeat.StoreId);
        if (stores.Find(id) is not { State: StoreState.Tombstone } removed) return null;
        if (heartbeat.Directory != 0 && removed.Directory.Value != heartbeat.Directory) return null;
        var reply = Refused(new RegistryRefusal(RegistryRefusalKind.StoreRemoved, Acceptance.Gone(id)));
        reply.Changes = StoreWire.ToWire(stores.ChangesSince(heartbeat.Version));
        return reply;
    }

    private static bool HasKeys(ReportedRegion reported) => reported.Region.Id != RegionId.Placement;

    private static Wire.RegionLocation Locate(ReportedRegion reported) => new()
    {
        Region = RegionErrors.ToWire(reported.Region),
        Leader = reported.Region.PeerOn(reported.Leader) is { } leader ? RegionErrors.ToWire(leader) : null,
    };

    private void Lead(PlacementView view)
    {
        if (_health.Term != view.Term) _regions.Clear();
        _health.Lead(view.Term, view.Stores.Stores.Values.Select(each => each.Id), Now);
    }

    private void Hear(StoreId leader, Wire.LedRegion led)
    {
        if (led.Region?.RegionEpoch is null) return;
        var reported = new ReportedRegion(RegionErrors.FromWire(led.Region), leader, led.Term);
        // What it says is its word: who leads a region is one of its members.
        var members = reported.Region.Peers.OrderBy(peer => peer.Id);
        if (reported.Region.PeerOn(leader) is null || Configuration.Contradiction([.. members]) is not null) return;
        if (!_regions.TryGetValue(reported.Region.Id, out var known) || reported.IsNewerThan(known))
            _regions[reported.Region.Id] = reported;
    }

    private ClusterView ViewOf(PlacementView view)
    {
        Lead(view);
        var stores = view.Stores.Stores.Values;
        return new ClusterView(view.Stores,
            stores.ToImmutableDictionary(each => each.Id, each => _health.ConditionOf(each, Now)),
            stores.Where(each => _health.StatsOf(each.Id) is not null)
                .ToImmutableDictionary(each => each.Id, each => _health.StatsOf(each.Id)!.RegionCount),
            [.. _regions.Values]);
    }

    private Wire.StoresReply List(PlacementView view)
    {
        Lead(view);
        var reply = new Wire.StoresReply { Changes = StoreWire.ToWire(view.Stores.ChangesSince(0)) };
        foreach (var each in view.Stores.Stores.Values)
        {
            reply.Conditions.Add(new Wire.StoreCondition
            {
                StoreId = each.Id.Value,
                Condition = (int)_health.ConditionOf(each, Now),
                SilenceMs = (long)_health.SilenceOf(each.Id, Now).TotalMilliseconds,
                Stats = _health.StatsOf(each.Id) is { } stats ? StoreWire.ToWire(stats) : null,
            });
        }
        return reply;
    }

    private void Begin(Func<object, object> ended, RegionRequest request) =>
        Context.ActorOf(RegionCall.Props(ended, request, store, timeout));

    private static Wire.StoresReply ReplyTo(object answer) => answer switch
    {
        StoreDirectory directory => new Wire.StoresReply { Changes = StoreWire.ToWire(directory.ChangesSince(0)) },
        RegistryRefusal refusal => Refused(refusal),
        RegionError.NotLeader { Leader: { } leader } refusal =>
            new Wire.StoresReply { Error = refusal.Message, LeaderStore = leader.Store.Value },
        RegionError refusal => new Wire.StoresReply { Error = refusal.Message },
        _ => new Wire.StoresReply { Error = "the placement leader has changed" },
    };

    private static Wire.StoresReply Refused(RegistryRefusal refusal) =>
        new() { Refusal = (int)refusal.Kind, RefusalText = refusal.Message };

    /// <summary>A command was applied, or not.</summary>
    private sealed record Changed(IActorRef Asker, object Answer);

    /// <summary>Leadership was confirmed, or not.</summary>
    private sealed record Confirmed(object Answer);
}
