using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>Who fetches and installs snapshots.</summary>
internal sealed record FetchSnapshotsWith(IActorRef Snapshots);

// Keeps free what snapshots are about to fill, and makes the replicas that come with one.
internal sealed partial class StoreActor
{
    private IActorRef _snapshots = ActorRefs.Nobody;

    private void Snapshots(object message)
    {
        switch (message)
        {
            case FetchSnapshotsWith with: _snapshots = with.Snapshots; break;
            case FetchSnapshot or DropSnapshot: _snapshots.Forward(message); break;
            case ReserveRange reserve: Reserve(reserve.Region); break;
            case ReleaseRange release: _catalog = _catalog.Release(release.Region); break;
            // Of a region that has no replica here: there is nobody else who could have asked for it.
            case SnapshotStaged staged: _snapshots.Tell(new InstallSnapshot(staged.Snapshot)); break;
            case SnapshotNotFetched: break; // its leader offers another
            case SnapshotInstalled installed: Take(installed.Record); break;
            default: Unhandled(message); break;
        }
    }

    private void Reserve(Region region)
    {
        // Before there are regions nobody knows whose keys they are.
        var refusal = "the store has not begun yet";
        if (_begun) _catalog = _catalog.Reserve(region, out refusal);
        Sender.Tell(refusal.Length == 0 ? new RangeReserved(region) : new RangeRefused(region, refusal));
    }

    private void Take(RegionRecord record)
    {
        var region = record.Region.Id;
        _catalog = _catalog.With(record).Release(region);
        if (_replicas.ContainsKey(region.Value) || _spec.Replica(record) is not { } replica) return;
        if (!record.JournalBorn) _unborn.Add(region);
        _replicas = _replicas.Add(region.Value, Start(replica));
    }
}
