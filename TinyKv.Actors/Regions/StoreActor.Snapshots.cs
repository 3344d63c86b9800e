using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;

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
            case SnapshotPinned pinned: ReplicaOf(pinned.Region)?.Tell(pinned); break;
            case SnapshotStaged staged: Install(staged.Snapshot); break;
            case SnapshotNotFetched: break; // its leader offers another
            case SnapshotInstalled installed: Take(installed.Record); break;
            default: Unhandled(message); break;
        }
    }

    // An offer is what makes a replica, and nothing else does: a vote or entries would need the log before them, and a
    // journal that was never there would have forgotten what it promised.
    private void Deliver(InboundRaftMessage inbound)
    {
        if (_splitOff.ContainsKey(inbound.Region) && _polls.TryHold(inbound)) return;
        if (ReplicaOf(inbound.Region) is { } replica) replica.Tell(inbound);
        else if (_begun && !_removed.ContainsKey(inbound.Region)) DeliverToNone(inbound);
    }

    private void DeliverToNone(InboundRaftMessage inbound)
    {
        var addressee = _catalog.AddresseeOf(inbound.Region);
        if (inbound.Envelope.Message is RaftMessage.SnapshotOffer offer && addressee is not Addressee.Here)
            _snapshots.Tell(new FetchSnapshot(inbound.Region, inbound.From, offer.AtLeast));
        else if (addressee is Addressee.Gone gone) AnswerFor(gone.Record, inbound);
        else _polls.TryHold(inbound);
    }

    // Of a region that has no replica here; it may have one by now if it was asked for more than once, and then only the
    // replica knows whether it lacks anything.
    private void Install(StagedSnapshot snapshot)
    {
        var header = snapshot.Header;
        // It was on its way to a replica that was removed meanwhile, or it is what comes after that.
        var isWanted = ReplicaOf(header.Region.Id) is null && !_removed.ContainsKey(header.Region.Id)
            && _catalog.MayBecome(header.Region);
        if (isWanted) _snapshots.Tell(new InstallSnapshot(snapshot));
        else _snapshots.Tell(new DropSnapshot(header.Region.Id, header.Applied));
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
        var isHere = Enter(record);
        _catalog = _catalog.Release(region);
        if (!isHere && _spec.Replica(record) is { } replica) Add(replica);
    }
}
