using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Snapshots;

/// <summary>What a snapshot of a region is of. Without it the pairs mean nothing: it is the first that is sent, and what is
/// written down when they are installed.</summary>
/// <param name="Region">The region as of <paramref name="Applied"/>: its range, its epoch and its members.</param>
/// <param name="Applied">The last entry that the pairs hold.</param>
public sealed record SnapshotHeader(Region Region, LogPosition Applied)
{
    /// <summary>The form in which snapshots are made and read now.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The form of this one.</summary>
    public int Format { get; init; } = CurrentFormat;
}
