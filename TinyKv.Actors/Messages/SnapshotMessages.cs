using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;

namespace TinyKv.Actors.Messages;

/// <summary>
/// Pull a snapshot of a region from a store. Answered with <see cref="SnapshotStaged"/> or <see cref="SnapshotNotFetched"/>;
/// the last who asks for the same region is answered.
/// </summary>
/// <param name="Region">The region.</param>
/// <param name="From">The store.</param>
/// <param name="AtLeast">What it must hold.</param>
internal sealed record FetchSnapshot(RegionId Region, StoreId From, LogPosition AtLeast);

/// <summary>
/// A snapshot has arrived whole. Its keys are kept free until it is installed (<see cref="SnapshotInstalled"/>) or given up
/// (<see cref="DropSnapshot"/>).
/// </summary>
internal sealed record SnapshotStaged(StagedSnapshot Snapshot);

/// <summary>A snapshot could not be had; nothing is left of it.</summary>
internal sealed record SnapshotNotFetched(RegionId Region, string Reason);

/// <summary>The staged snapshot of a region that ends at <paramref name="Applied"/> is not needed any more: it was installed and
/// the journal begins behind it, or it is not wanted. Another one, which may be about to be installed, stays.</summary>
internal sealed record DropSnapshot(RegionId Region, LogPosition Applied);

/// <summary>Nobody wants a snapshot of a region any more: what is on its way, or staged, is given up.</summary>
internal sealed record ForgetSnapshots(RegionId Region);

/// <summary>Install a staged snapshot; to the region's state machine, or of a region without one to who has fetched it. Answered
/// with <see cref="SnapshotInstalled"/>.</summary>
internal sealed record InstallSnapshot(StagedSnapshot Snapshot);

/// <summary>
/// A snapshot is in the place of what the engine held of its region; the sender's parents are told, too. Once the journal
/// begins behind it, <see cref="SnapshotJournaled"/> is due.
/// </summary>
/// <param name="Record">What the engine says of the region now.</param>
/// <param name="Applied">The last entry that is applied.</param>
internal sealed record SnapshotInstalled(RegionRecord Record, LogPosition Applied);

/// <summary>The journal begins behind the snapshot that was installed, durably; to the state machine.</summary>
internal sealed record SnapshotJournaled(RegionId Region);

/// <summary>A store fetches a snapshot of a region, as of <paramref name="Index"/>, and is given it or a part of it now; to
/// the region's peer here.</summary>
internal sealed record SnapshotPinned(RegionId Region, StoreId To, long Index);

/// <summary>Keep the keys of a region free for a snapshot. Answered with <see cref="RangeReserved"/> or
/// <see cref="RangeRefused"/>.</summary>
internal sealed record ReserveRange(Region Region);

/// <summary>The keys are kept free.</summary>
internal sealed record RangeReserved(Region Region);

/// <summary>They are not.</summary>
internal sealed record RangeRefused(Region Region, string Reason);

/// <summary>The keys of a region need not be kept free any more.</summary>
internal sealed record ReleaseRange(RegionId Region);

/// <summary>Which snapshots are under way? Answered with <see cref="SnapshotsUnderWay"/>.</summary>
internal sealed record DescribeSnapshots
{
    public static DescribeSnapshots Instance { get; } = new();
}

/// <summary>The snapshots that are on their way to or from this store.</summary>
internal sealed record SnapshotsUnderWay(ImmutableArray<SnapshotProgress> Snapshots);

/// <summary>A snapshot on its way.</summary>
/// <param name="Region">Of which region.</param>
/// <param name="Other">The store at the other end.</param>
/// <param name="IsIncoming">Whether it comes here.</param>
/// <param name="Bytes">How many bytes of keys and values have arrived, or were handed out.</param>
/// <param name="TotalBytes">About how many there are; 0: unknown.</param>
internal sealed record SnapshotProgress(RegionId Region, StoreId Other, bool IsIncoming, long Bytes, long TotalBytes);
