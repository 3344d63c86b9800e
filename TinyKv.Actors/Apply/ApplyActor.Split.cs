using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Apply;

// A split is in the engine with one write: the region with the keys that it keeps, the new one, and the entry that makes it.
internal sealed partial class ApplyActor
{
    private RegionSplit? _split; // that is being applied
    private RegionRecord? _child; // that it has made, and nobody was told

    private void Make(Region region, IWriteBatch batch)
    {
        using var snapshot = engine.Snapshot();
        if (MetaRecords.Read(snapshot, region.Id) is { } known)
        {
            // Its other replicas are ahead: they had one here, and have removed it.
            Invariant.Holds(known.State == RegionState.Tombstone, $"{Region.Id} is split off {region.Id}, which is here already");
            SnapshotContent.Delete(region, batch);
            return;
        }
        MetaRecords.Write(batch, _child = new RegionRecord(region));
        MetaRecords.WriteApplied(batch, region.Id, InitialState.Origin);
    }

    private RegionRecord? TakeChild()
    {
        var child = _child;
        (_child, _split) = (null, null);
        return child;
    }
}
