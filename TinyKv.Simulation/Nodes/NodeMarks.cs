namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Faults and rare states that a campaign must reach: a rule proves nothing about what never happened.
/// </summary>
internal enum NodeMark
{
    Killed, LostPower, LeaderCrashed, CrashedWhileWriting, AllCrashed, CrashLostRecords, CrashKeptUnreportedRecords,
    EngineRolledBack, EngineFlushed, RestartReplayedEntries,
    Paused, LeaderPaused, LeaderReplacedInPause, WallClockJumped,
    JournalStalled, JournalWriteFailed, JournalWriteFailedButKept, JournalWriteRejected, JournalReadFailed,
    JournalSyncFailed, StoreEndedAfterFailedSync, StoreEndedAfterFailedEngine, PeerRestarted,
    MessageLost, MessageDuplicated, MessageOvertaken, MessageCut, MessageHeldByCut, MessageToNobody, AnswerToNobody,
    LinkCut, CutOneWay, LinkDied, MessageIntoDeadLink, LinkMadeAnew,
    NodeIsolated, LeaderIsolated, LeaderCongested, LeaderMigrated, Partitioned, BatchOfAnotherCluster, BatchForAnotherStore,
    BatchFromElsewhere, BatchOfAnotherIncarnation,
    StartedOnEmptyDisk, StartedOnOldCopy, ImpostorSpoke, ImpostorEnded,
    LeaderElected, LeaderReplaced, LogTruncated, RecordsWritten, RecordsAtOnce,
    ClientRequestLost, ClientAnswerLost, ClientGaveUp, ClientCancelled, CommandsAtOnce,
    RefusedNotLeader, RefusedBusy, OutcomeUnknown, UnknownWriteSeen,
    ServedByReplica, ServedByGateway, ServedByGatewayActor,
    RequestForwarded, RequestNeverLeft, ConnectionBroke, ForwardRefused, ForwardOfUnknownOutcome,
    WriteServed, ReadServed, BatchWritten, BatchRead, ConditionMet, ConditionFailed,
    ScanServed, ReverseScanServed, ScanCut, RangeDeleted, RangeDeletionUnknown,
    TailLost, DataLossFound, DataLossCleared, StoreEndedAfterDataLoss,
    LieTold, LieUnreadable, LieRefused, LieRaisedTerm, LiarFollowed, ForgedHelloRefused, ForgedStartAccepted, ForgedAnswer,
    ServedAfterHostility,
    IdsAllocated, TimestampsAllocated, PlacementUnavailable,
}
