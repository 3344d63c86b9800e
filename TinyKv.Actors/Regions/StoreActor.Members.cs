using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

// Replicas that were removed: they end, and their journals are erased; only then may another one of the same region come.
internal sealed partial class StoreActor
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<RegionId, RegionRecord> _removed = []; // whose journals are there still

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private void Change(RegionRecord record)
    {
        var region = record.Region.Id;
        Enter(record);
        if (record.State != RegionState.Tombstone) return;
        _removed[region] = record;
        _snapshots.Tell(new ForgetSnapshots(region));
    }

    private void Ended(IActorRef actor)
    {
        var region = _replicas.Values.FirstOrDefault(replica => replica.Actor.Equals(actor))?.Region.Id;
        if (region is not { } id || !_removed.TryGetValue(id, out var record))
        {
            StoreFailed.Publish(Context.System, $"{actor.Path.Name} has stopped");
            return;
        }
        _log.Info("{Region}: the replica on this store was removed", id);
        _replicas = _replicas.Remove(id.Value);
        Erase(record);
    }

    // Whether there is a replica already that belongs to it.
    private bool Enter(RegionRecord record)
    {
        _catalog = _catalog.With(record);
        return TrySet(record.Region);
    }

    private bool TrySet(Region region)
    {
        if (!_replicas.TryGetValue(region.Id.Value, out var known)) return false;
        _replicas = _replicas.SetItem(region.Id.Value, known with { Region = region });
        return true;
    }

    private void Erase(RegionRecord record)
    {
        var eraser = Context.ActorOf(_spec.Eraser(record));
        Context.WatchWith(eraser, new EraserEnded(record.Region.Id));
    }

    private void Erased(RegionRecord record)
    {
        _catalog = _catalog.With(record);
        _removed.Remove(record.Region.Id);
        if (_unborn.Remove(record.Region.Id)) TellWhenAllAreBorn();
    }

    private void TryAgain(RegionId region)
    {
        if (_removed.TryGetValue(region, out var record)) Timers.StartSingleTimer(region, new EraseAgain(record), Pause);
    }

    // Its replica was removed, or has ended long since: whoever was removed with it, or before it, may hear so here.
    private void AnswerFor(RegionRecord gone, InboundRaftMessage inbound)
    {
        if (inbound.Envelope.Message is RaftMessage.Inquiry
            && RemovalEvidence.AnswerTo(inbound.Envelope, gone.Region) is { } answer)
            _spec.Transport.Tell(new OutboundRaftMessage(inbound.Region, inbound.From, answer));
    }

    /// <summary>Whoever was to erase a journal has ended.</summary>
    private sealed record EraserEnded(RegionId Region);

    /// <summary>A journal could not be erased a while ago.</summary>
    private sealed record EraseAgain(RegionRecord Record);
}
