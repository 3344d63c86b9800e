namespace TinyKv.Simulation.Raft;

/// <summary>
/// States that a campaign must reach: an invariant proves nothing about what never happened.
/// </summary>
internal enum Mark
{
    ElectionWon, ElectionLost, LeaderDeposed, LeaderSteppedDownUnasked, TwoLeadersAtOnce, GroupOfOneElected,
    PreVoteGranted, PreVoteRefused, VoteRefused, CampaignOnRequest,
    LogTruncated, OverwrittenWhileBeingWritten, AppendRejected, OldTermEntryOnQuorumUncommitted,
    AppendLeftBeforeOwnWrite, CommitAheadOfOwnDisk, CreatedAfterTruncation, AppendWindowFull, FullAppend,
    Paused, Crashed, CrashLostRecords, CrashKeptUnreportedRecords, CrashLostPromises, RestartAppliedAgain,
    MessageLost, MessageDuplicated, MessageOvertaken, MessageFromPastTerm, MessageHeldByCut,
    CutOneWay, StrayMessage,
    ProposalAcknowledged, ProposalOvertaken, ProposalRefusedBusy,
    ReadGranted, ReadDropped, ReadFromLease, ReadWaitedForOwnTerm, OneRoundForManyReads,
    Disconnected, ReconnectedWithoutDisturbance, DeadLeaderReplacedSoon,
    DeafFollowerIgnored, RejoinedWithoutDisturbance, StalledLeaderReplaced,
    IsolatedLeaderReplaced,
    LieRefused, LieBelieved, LeaderRefused, FollowerRefused, TermStepped, ServedAfterHostility,
    EngineSyncAsked, LogCompacted, CheckpointWithRest, CheckpointReplayed, CheckpointReplayedWithOlderEvents,
    CrashLostCheckpoint, KeptForAMember,
    LearnerAdded, LearnerPromoted, MemberRemoved, LeaderRemovedItself, OneOfTwoRemoved, ChangeRefused, ChangeRepeated,
    SnapshotWanted, SnapshotPinned, SnapshotInstalled, SnapshotTooLate, SnapshotReplacedALongerLog, SnapshotAcknowledged,
    CrashLostSnapshot, CompactedWithoutAMember, LearnerBeganWithASnapshot,
    TransferBegun, TransferRefused, ProposalHeldByTransfer, TransferredWhileLeaderWasHeard, ReadConfirmedAfterHandingOver,
    TransferredCalmly, ChangeRolledBack, ChangeCommitted, RemovedMemberEnded, LeaderNotCounted, UnknownLeaderFollowed,
    MembersChangedCalmly,
    TailLost, LossFoundByLeader, LossFoundByMember, LossClearedForLeader, LossClearedForMember, LossDenied,
    LossConfirmed, LeaderWithoutTheLostSteppedDown, LostCaughtUpByLaterLeader,
}
