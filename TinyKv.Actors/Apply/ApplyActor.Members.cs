using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Apply;

// A change of members is in the engine together with the entry that makes it. If it removes the replica on this store, so is
// the removal of its keys: from then on they may be another region's.
internal sealed partial class ApplyActor
{
    private bool _hasChanged; // and nobody was told

    private bool IsRemoved => _record.State == RegionState.Tombstone;

    // Why nothing can be read here any more.
    private RegionError Gone => IsRemoved ? new RegionError.RegionNotFound(Region.Id)
        : new RegionError.RegionStopped(Region.Id, $"{_unreadable}");

    private void Change(RegionRecord after, IWriteBatch batch)
    {
        if (after.State == RegionState.Tombstone) SnapshotContent.Delete(_record.Region, batch);
        MetaRecords.Write(batch, _record = after);
        _hasChanged = true;
    }

    // Others have made the change, and this replica was not sent it.
    private void Remove(ulong confVer)
    {
        if (IsRemoved || _unreadable is not null || confVer < _record.Region.Epoch.ConfVer) return;
        if (_record.Region.PeerOn(spec.Store) is not { } self) return;
        using var batch = engine.NewBatch();
        Change(_record.Removed(self.Id), batch);
        engine.Write(batch, sync: false);
        TellChange();
    }

    private void TellChange()
    {
        if (!_hasChanged) return;
        _hasChanged = false;
        if (IsRemoved) End();
        var changed = new RegionChanged(_record) { Child = TakeChild() };
        Context.Parent.Tell(changed);
        Sender.Tell(changed);
    }
}
