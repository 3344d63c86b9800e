namespace TinyKv.Simulation.Snapshots;

/// <summary>States that a campaign must reach.</summary>
internal enum SnapshotMark
{
    Fetched, ChunkDamaged, ChunkTwice, ChunkOfAnother, WrittenWhileFetched, ReceiverRestarted, SeveralTables, EmptySnapshot,
    Installed, OverOldReplica, RangeShrank, NewReplica, OverLaterLog,
    KilledBeforeMark, KilledWhileApplying, KilledAhead, KilledInResume, PowerLost, WentBack, Resumed, Explained,
}
