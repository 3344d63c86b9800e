namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Faults and rare states that a campaign must reach: a rule proves nothing about what never happened.
/// </summary>
internal enum NodeMark
{
    Killed, LostPower, LeaderCrashed, CrashedWhileWriting, AllCrashed, CrashLostRecords, CrashKeptUnreportedRecords,
    EngineRolledBack, EngineFlushed, RestartReplayedEntries,
    EngineSynced, LogCompacted, CheckpointWithRest, CheckpointReplayed, CheckpointReplayedWithOlderEvents,
    KeptForAStore, CompactedWithoutAStore, CrashLostCheckpoint, DeletionCutShort,
    SnapshotInstalled, PlacementInstalled, InstallationInterrupted, InstallationResumed, SnapshotExplainedEngine,
    LearnerAdded, LearnerPromoted, ReplicaRemoved, LeaderRemoved, ReplicaReturned, RemovalLearned, RemovalTold,
    RemovalToldByTombstone, JournalErased, ErasureContinued, PlacementMoved, RemovedReplicaAsked, StoresKept,
    Paused, LeaderPaused, LeaderReplacedInPause, WallClockJumped,
    JournalStalled, JournalWriteFailed, JournalWriteFailedButKept, JournalWriteRejected, JournalReadFailed,
    JournalSyncFailed, StoreEndedAfterFailedSync, StoreEndedAfterFailedEngine, PeerRestarted,
    MessageLost, MessageDuplicated, MessageOvertaken, MessageCut, MessageHeldByCut, MessageToNobody, AnswerToNobody,
    LinkCut, CutOneWay, LinkDied, MessageIntoDeadLink, LinkMadeAnew,
    LinkConnected, LinkBroke, LinkStalled,
    HelloOfAnotherCluster, HelloForAnotherStore, HelloOfAnotherIncarnation, HelloToAnotherIncarnation,
    NodeIsolated, LeaderIsolated, LeaderCongested, LeaderMigrated, Partitioned, BatchOfAnotherCluster, BatchForAnotherStore,
    BatchFromElsewhere, BatchOfAnotherIncarnation,
    StartedOnEmptyDisk, StartedOnOldCopy, ImpostorSpoke, ImpostorEnded,
    LeaderElected, LeaderReplaced, LogTruncated, RecordsWritten, RecordsAtOnce,
    ClientRequestLost, ClientAnswerLost, ClientGaveUp, ClientCancelled, EntriesAtOnce, WritesShareEntry,
    RefusedNotLeader, RefusedBusy, OutcomeUnknown, UnknownWriteSeen,
    ServedByReplica, ServedByGateway, ServedByGatewayActor, ServedByStream,
    ManyInMessage, RepliesTogether, StreamBroke, StreamBrokeWithWrites, StreamCancelled, StreamClosing, RequestOverdue,
    BatchAdmittedInPart, BatchRefused, BatchLeftBehind, ViewShared,
    LinkProbed, EnvelopeForwarded, ManyForwarded, EnvelopeNeverLeft,
    RequestForwarded, RequestNeverLeft, ConnectionBroke, ForwardRefused, ForwardOfUnknownOutcome,
    WriteServed, ReadServed, BatchWritten, BatchRead, ConditionMet, ConditionFailed,
    ScanServed, ReverseScanServed, ScanCut, RangeDeleted, RangeDeletionUnknown,
    JournalLost, TailLost, DataLossFound, DataLossCleared, StoreEndedAfterDataLoss,
    LieTold, LieUnreadable, LieRefused, LieRaisedTerm, LiarFollowed, ForgedHelloRefused, ForgedStartAccepted, ForgedAnswer,
    ServedAfterHostility,
    IdsAllocated, TimestampsAllocated, PlacementUnavailable,
    StoreRegistered, StoreRegisteredAgain, StoreRefused, StoreReported, StoreNotHeard,
    ManyRegions, LeadersOfRegionsDiffer, ManyRegionsInMessage, OtherRegionRefused, OtherEpochRefused, SpanRefused,
    ScanCutByRegion,
}
