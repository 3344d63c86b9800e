using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Snapshots;

// The snapshots that come to this store.
internal sealed partial class SnapshotsActor
{
    // Offers of regions that are not here make no work without end.
    private const int MaxWaiting = 10_000;

    private readonly Dictionary<RegionId, Fetch> _fetches = [];
    private readonly Dictionary<RegionId, (TimeSpan Until, TimeSpan Pause)> _failed = []; // when it may be tried again
    private readonly Queue<RegionId> _waiting = new(); // for a place
    private readonly Dictionary<RegionId, StagedSnapshot> _staged = []; // until they are installed or not wanted
    private readonly Dictionary<RegionId, LogPosition> _installed = []; // here, of replicas that have come with them

    private void Fetching(object message)
    {
        switch (message)
        {
            case FetchSnapshot request: Begin(request); break;
            case SnapshotStaged staged:
                _staged[staged.Snapshot.Header.Region.Id] = staged.Snapshot;
                _failed.Remove(staged.Snapshot.Header.Region.Id);
                Answer(staged.Snapshot.Header.Region.Id, staged);
                break;
            case SnapshotNotFetched failed when _fetches.TryGetValue(failed.Region, out var fetch): fetch.Failure = failed; break;
            case SnapshotNotFetched: break;
            case InstallSnapshot install: Install(install); break;
            case DropSnapshot drop: Drop(drop.Region, drop.Applied); break;
            case ForgetSnapshots forget: Forget(forget.Region); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(FetchSnapshot request)
    {
        if (_fetches.TryGetValue(request.Region, out var fetch))
        {
            fetch.Asker = Sender;
            // Only who leads keeps the log behind what it gives out.
            if (fetch.Request.From == request.From) return;
            fetch.Request = request;
            if (fetch.Child is { } child) Context.Stop(child);
            return;
        }
        // Asked for while it was being installed: the leader offered it until the replica was there.
        if (_installed.TryGetValue(request.Region, out var end) && request.AtLeast.Index <= end.Index) return;
        if (_failed.TryGetValue(request.Region, out var failure) && Now < failure.Until) return;
        if (_staged.TryGetValue(request.Region, out var staged) && staged.Header.Applied.Index >= request.AtLeast.Index)
        {
            // Whoever had asked for it was made anew since.
            Sender.Tell(new SnapshotStaged(staged));
            return;
        }
        if (staged is not null) Drop(request.Region, staged.Header.Applied);
        if (_fetches.Count >= MaxWaiting)
        {
            Sender.Tell(new SnapshotNotFetched(request.Region, $"{MaxWaiting} others wait"));
            return;
        }
        _fetches[request.Region] = new Fetch(request, Sender);
        _waiting.Enqueue(request.Region);
        StartWaiting();
    }

    private void StartWaiting()
    {
        while (_fetches.Values.Count(fetch => fetch.Child is not null) < _spec.Settings.MaxConcurrent
            && _waiting.TryDequeue(out var region))
        {
            if (!_fetches.TryGetValue(region, out var fetch) || fetch.Child is not null) continue;
            (fetch.Begun, fetch.Failure) = (fetch.Request, null);
            fetch.Child = Context.Watch(Context.ActorOf(
                SnapshotFetch.Props(_spec, fetch.Request).WithDispatcher(Context.Props.Dispatcher)));
        }
    }

    // By the pull that leaves: each time it begins anew it has another number.
    private void Remember(OutboundSnapshotMessage pull, IActorRef child)
    {
        foreach (var fetch in _fetches.Values)
            if (child.Equals(fetch.Child)) fetch.Id = pull.Message.Id;
    }

    private IActorRef? FetchOf(StoreId from, ulong id) =>
        _fetches.Values.FirstOrDefault(fetch => fetch.Id == id && fetch.Request.From == from)?.Child;

    private void Answer(RegionId region, object outcome)
    {
        if (!_fetches.Remove(region, out var fetch)) return;
        fetch.Asker.Tell(outcome);
        StartWaiting();
    }

    // Its leader goes on offering: what fails at once, or fills a disk, is not tried with each heartbeat.
    private void NotFetched(SnapshotNotFetched failed)
    {
        _limit.Warning(_log, $"fetch {failed.Region}", "No snapshot of {Region} was fetched: {Reason}",
            failed.Region, failed.Reason);
        var (shortest, longest) = (_spec.Settings.RetryInterval, _spec.Settings.IdleTimeout);
        var pause = _failed.TryGetValue(failed.Region, out var before) ? before.Pause * 2 : shortest;
        if (_failed.Count >= MaxWaiting) _failed.Clear();
        _failed[failed.Region] = (Now + pause, pause < longest ? pause : longest);
        Answer(failed.Region, failed);
    }

    // One that has staged a snapshot is not here any more. Another begins only when nothing is left of the one before.
    private void FetchEnded(IActorRef child)
    {
        foreach (var (region, fetch) in _fetches)
        {
            if (!child.Equals(fetch.Child)) continue;
            if (fetch.Request == fetch.Begun)
            {
                NotFetched(fetch.Failure ?? new SnapshotNotFetched(region, "it has failed"));
                return;
            }
            fetch.Child = null;
            _waiting.Enqueue(region);
            StartWaiting();
            return;
        }
    }

    // Of a region without a state machine; others install theirs themselves.
    private void Install(InstallSnapshot install)
    {
        var region = install.Snapshot.Header.Region.Id;
        // Who asked more than once is answered more than once: this one may be installed, or replaced by a later one.
        if (_staged.GetValueOrDefault(region) != install.Snapshot) return;
        using var snapshot = _spec.Engine.Snapshot();
        var before = MetaRecords.Read(snapshot, region);
        try
        {
            var record = _spec.Installer.Install(install.Snapshot, before);
            _installed[region] = install.Snapshot.Header.Applied;
            Sender.Tell(new SnapshotInstalled(record, install.Snapshot.Header.Applied));
            Drop(region, install.Snapshot.Header.Applied);
        }
        catch (Exception e)
        {
            StoreFailed.Publish(Context.System, $"a snapshot of {region} cannot be installed", e);
        }
    }

    // The replica that it was for was removed.
    private void Forget(RegionId region)
    {
        if (_fetches.Remove(region, out var fetch) && fetch.Child is { } child) Context.Stop(child);
        _failed.Remove(region);
        _installed.Remove(region);
        if (_staged.TryGetValue(region, out var staged)) Drop(region, staged.Header.Applied);
        StartWaiting();
    }

    private void Drop(RegionId region, LogPosition applied)
    {
        // What is there now may be of a later one.
        if (_staged.GetValueOrDefault(region)?.Header.Applied != applied) return;
        _staged.Remove(region);
        try
        {
            _spec.Staging.Discard(region);
        }
        finally
        {
            _spec.Regions.Tell(new ReleaseRange(region));
        }
    }

    /// <summary>A snapshot that is wanted.</summary>
    private sealed class Fetch(FetchSnapshot request, IActorRef asker)
    {
        /// <summary>What was asked for last.</summary>
        public FetchSnapshot Request { get; set; } = request;

        /// <summary>What the child fetches, which may be something else.</summary>
        public FetchSnapshot? Begun { get; set; }

        /// <summary>Why the child has failed, once it has.</summary>
        public SnapshotNotFetched? Failure { get; set; }

        /// <summary>Who wants it.</summary>
        public IActorRef Asker { get; set; } = asker;

        /// <summary>Who pulls it; null while it waits for a place.</summary>
        public IActorRef? Child { get; set; }

        /// <summary>Its number, at the moment.</summary>
        public ulong Id { get; set; }
    }
}
