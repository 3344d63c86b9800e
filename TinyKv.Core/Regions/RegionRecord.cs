using TinyKv.Core.Raft;

namespace TinyKv.Core.Regions;

/// <summary>What there is of a region on a store. The numbers live on disks.</summary>
public enum RegionState
{
    /// <summary>A replica that takes part in its group.</summary>
    Normal = 0,

    /// <summary>A replica whose keys are being replaced by a snapshot's: none of them may be read.</summary>
    Applying = 1,

    /// <summary>A replica was here and was removed; there is none, and its keys are gone.</summary>
    Tombstone = 2,
}

/// <summary>
/// What a store's engine says of a region on this store. There is a replica where there is such a record, and nowhere
/// else.
/// </summary>
/// <param name="Region">The region as of what is applied; of a tombstone, as it was when the replica ended.</param>
public sealed record RegionRecord(Region Region) : IRegionEntry
{
    /// <summary>What there is.</summary>
    public RegionState State { get; init; }

    /// <summary>
    /// What is recorded when a change of members is applied. If the replica on this store is a member no more, there is none
    /// any more: <paramref name="after"/> is what whoever speaks to it is told.
    /// </summary>
    public RegionRecord Changed(Region after, StoreId store)
    {
        return Region.PeerOn(store) is { } before && after.PeerWith(before.Id) is null
            ? (this with { Region = after }).Removed(before.Id) : this with { Region = after };
    }

    /// <summary>What is recorded of a replica that has learned from others that it was removed. It knows the region as it was
    /// before that.</summary>
    public RegionRecord Removed(PeerId self) => this with { State = RegionState.Tombstone, Former = self };

    /// <summary>Whether the replica's journal holds something, now and for ever: one that is empty has lost what was
    /// promised. Of a tombstone: whether the journal is still to be erased.</summary>
    public bool JournalBorn { get; init; }

    /// <summary>Of a tombstone: the replica that was removed.</summary>
    public PeerId Former { get; init; }
}
