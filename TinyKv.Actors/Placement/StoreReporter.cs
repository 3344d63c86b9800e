using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Placement;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Placement;

/// <summary>What a store tells placement of itself.</summary>
internal sealed record ReporterSpec
{
    /// <summary>The cluster's number.</summary>
    public required ulong Cluster { get; init; }

    /// <summary>This store.</summary>
    public required StoreId Self { get; init; }

    /// <summary>Its data directory.</summary>
    public required DirectoryId Directory { get; init; }

    /// <summary>Where it is reached.</summary>
    public required StoreAddresses Addresses { get; init; }

    /// <summary>The version of the program.</summary>
    public required string ProgramVersion { get; init; }

    /// <summary>How many replicas a region is meant to have, in a cluster that is new.</summary>
    public required uint MaxReplicas { get; init; }

    /// <summary>Where the configuration says that the initial stores are.</summary>
    public required ImmutableSortedDictionary<ulong, StoreAddresses> Initial { get; init; }

    /// <summary>Who is asked about stores on each store, this one included.</summary>
    public required StoreServices Services { get; init; }

    /// <summary>Knows the data directories of the initial stores.</summary>
    public required IActorRef Introducer { get; init; }

    /// <summary>Who leads.</summary>
    public required RegionTable Regions { get; init; }

    /// <summary>Is told of the stores.</summary>
    public required StoreTable Stores { get; init; }

    /// <summary>Keeps what is known of the stores, where no replica of placement does.</summary>
    public required Action<StoreDirectory> Keep { get; init; }

    /// <summary>Measures the disk and calls back, on any thread.</summary>
    public required Action<Action<DiskSpace>> Measure { get; init; }

    /// <summary>How often the store is reported.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>When the store was started, in milliseconds since 1970.</summary>
    public required long StartedMs { get; init; }
}

/// <summary>The disk of a data directory, in bytes.</summary>
internal readonly record struct DiskSpace(long Capacity, long Available, long Used);

/// <summary>
/// Reports this store to placement, and learns from the answers which stores there are: what the replica of placement here
/// has applied may be behind, or there is none. A cluster that placement does not know yet is made known to it, by whichever
/// store comes first.
/// </summary>
internal sealed class StoreReporter(ReporterSpec spec) : UntypedActor, IWithTimers
{
    /// <summary>The actor's name.</summary>
    public const string Name = "store-reporter";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // How often somebody is asked who does not answer, and may not be there any more.
    private const int MaxUnanswered = 3;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private StoreId _target = spec.Self;
    private string _said = "";
    private bool _measures;
    private bool _hasReported; // and not asked for anything since
    private int _unanswered;
    private Action? _posted;
    private int _isPosted; // that something has changed, and was not looked at
    private ImmutableArray<(RegionId, RegionEpoch)> _reported = []; // what this store led at the last report

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What makes the actor.</summary>
    public static Props Props(ReporterSpec spec) => Akka.Actor.Props.Create(() => new StoreReporter(spec));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var self = Self;
        _posted = () =>
        {
            if (Interlocked.Exchange(ref _isPosted, 1) == 0) self.Tell(Posted.Instance, ActorRefs.NoSender);
        };
        spec.Regions.Posted += _posted;
        Again(Pause);
    }

    /// <inheritdoc/>
    protected override void PostStop() => spec.Regions.Posted -= _posted;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: Measure(); break;
            case Posted:
                Volatile.Write(ref _isPosted, 0);
                ReportChange();
                break;
            case DiskSpace disk:
                _measures = false;
                Report(disk);
                break;
            case Acquaintance known: Bootstrap(known.Record); break;
            case Wire.StoresReply reply: Hear(reply); break;
            default: Unhandled(message); break;
        }
    }

    // Whoever does not answer is asked again, or another in his place.
    private void Measure()
    {
        Again(Pause);
        if (_measures) return; // a disk that stands still holds up one thread, not one each second
        _measures = true;
        var self = Self;
        spec.Measure(disk => self.Tell(disk, ActorRefs.NoSender));
    }

    private void Report(DiskSpace disk)
    {
        var views = spec.Regions.Views.Where(view => view.Region.Id != RegionId.Placement).ToList();
        _hasReported = true;
        _reported = LedHere();
        Ask(new Wire.PlacementHeartbeat
        {
            Regions =
            {
                spec.Regions.Views.Where(Leads).Select(view => new Wire.LedRegion
                {
                    Region = RegionErrors.ToWire(view.Region),
                    Term = view.Peer!.Change.Term,
                }),
            },
            StoreId = spec.Self.Value,
            Directory = spec.Directory.Value,
            Version = spec.Stores.Current.Version,
            Stats = StoreWire.ToWire(new StoreStats(
                disk.Capacity, disk.Available, disk.Used, views.Count,
                views.Count(Leads), spec.StartedMs)),
        });
    }

    private static bool Leads(ReplicaView view) => view.Peer?.Change.Role == RoleKind.Leader;

    private ImmutableArray<(RegionId, RegionEpoch)> LedHere() =>
        [.. spec.Regions.Views.Where(Leads).Select(view => (view.Region.Id, view.Region.Epoch))];

    // Whoever decides where regions are waits for what becomes of them.
    private void ReportChange()
    {
        if (_hasReported && !LedHere().SequenceEqual(_reported)) Measure();
    }

    private void Ask(object request)
    {
        if (spec.Regions.Find(RegionId.Placement)?.Peer?.Leader is { } leader && spec.Services.Has(leader.Store))
            _target = leader.Store;
        else if (_unanswered >= MaxUnanswered || !spec.Services.Has(_target))
            (_target, _unanswered) = (spec.Services.After(_target), 0);
        _unanswered++;
        spec.Services.On(_target)?.Tell(request);
    }

    private void Hear(Wire.StoresReply reply)
    {
        _unanswered = 0;
        if (reply.Error.Length > 0)
        {
            _target = Next(new StoreId(reply.LeaderStore));
            return;
        }
        switch ((RegistryRefusalKind)reply.Refusal)
        {
            case RegistryRefusalKind.None:
                Locate(reply.Regions);
                Learn(reply.Changes);
                break;
            case RegistryRefusalKind.NotBootstrapped: spec.Introducer.Tell(DescribeAcquaintance.Instance); break;
            case RegistryRefusalKind.StoreRemoved:
                // It is to know at its next start, too, before it does anything.
                if (reply.Changes is { } last) Post(last);
                StoreFailed.Publish(Context.System, ForeignText.Line(reply.RefusalText, 1000), misconfigured: true);
                break;
            default: Complain(ForeignText.Line(reply.RefusalText, 1000)); break;
        }
    }

    private bool Post(Wire.StoreChanges wire)
    {
        try
        {
            spec.Stores.Post(StoreWire.FromWire(wire));
        }
        catch (MalformedMessageException e)
        {
            Complain($"what placement says of stores cannot be read: {e.Message}");
            return false;
        }
        if (spec.Regions.Find(RegionId.Placement) is null) spec.Keep(spec.Stores.Current);
        return true;
    }

    private void Learn(Wire.StoreChanges wire)
    {
        if (!Post(wire)) return;
        // Where no region is known yet, placement has not heard of them either.
        Again(_hasReported && spec.Regions.KnowsRegions ? spec.Interval : Pause);
        var own = spec.Stores.Current.Find(spec.Self);
        if (own is null || (own.Addresses == spec.Addresses && own.ProgramVersion == spec.ProgramVersion)) return;
        Change(new RegisterStore(spec.Cluster, spec.Directory, spec.Addresses, spec.ProgramVersion));
    }

    // Until a region has a replica here, requests for it are passed on to where others say that it is.
    private void Locate(IEnumerable<Wire.RegionLocation> regions)
    {
        foreach (var known in regions)
        {
            if (known.Region is not { } wire || RegionErrors.FromWire(wire) is not { Range.IsEmpty: false } region) continue;
            spec.Regions.Learn(new LocatedRegion(region, known.Leader is { } leader ? RegionErrors.FromWire(leader) : null));
        }
    }

    // The directories of all are known when the cluster is formed.
    private void Bootstrap(StoreRecord record)
    {
        if (!record.IsFormed || spec.Initial.IsEmpty) return;
        Change(new BootstrapCluster(spec.Cluster, spec.MaxReplicas,
        [
            .. record.Stores.Where(store => spec.Initial.ContainsKey(store.Key)).Select(store => new StoreInfo
            {
                Id = new StoreId(store.Key),
                Directory = store.Value.Directory,
                Addresses = spec.Initial[store.Key],
                ProgramVersion = store.Key == spec.Self.Value ? spec.ProgramVersion : "",
            }),
        ]));
    }

    private void Change(Command command)
    {
        _hasReported = false;
        Ask(new Wire.PlacementChange { Command = StoreCommands.ToWire(command) });
    }

    private StoreId Next(StoreId named) =>
        named != _target && spec.Services.Has(named) ? named : spec.Services.After(_target);

    private void Complain(string text)
    {
        if (text != _said) _log.Warning("Placement refuses this store: {Reason}", text);
        _said = text;
    }

    private void Again(TimeSpan pause) => Timers.StartSingleTimer(Tick.Instance, Tick.Instance, pause);

    /// <summary>Something has changed with a replica on this store.</summary>
    private sealed class Posted
    {
        public static Posted Instance { get; } = new();
    }

    /// <summary>It is time to report.</summary>
    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
