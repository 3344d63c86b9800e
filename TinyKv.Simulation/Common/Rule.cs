namespace TinyKv.Simulation.Common;

/// <summary>What must hold, whatever happens. A seed that finds otherwise names the rule.</summary>
public enum Rule
{
    /// <summary>Nothing throws, logs an error or ends itself that no injected fault explains.</summary>
    NothingThrows,
    /// <summary>Everything happens on the thread of the simulation.</summary>
    OneThread,
    /// <summary>Messages and steps come to an end.</summary>
    MessagesEnd,
    /// <summary>A change of role, term or leader is announced, as it is.</summary>
    StateIsAnnounced,

    /// <summary>A term has one leader.</summary>
    OneLeaderPerTerm,
    /// <summary>Who leads was elected by a majority, of votes that were cast.</summary>
    ElectedByMajority,
    /// <summary>Nobody votes twice in a term, across crashes.</summary>
    OneVotePerTerm,
    /// <summary>Votes go to logs that are at least as up to date as the voter's.</summary>
    UpToDateVotes,
    /// <summary>A poll changes neither term nor role.</summary>
    PollsBindNobody,

    /// <summary>A message that leaves promises only what the sender's disk holds.</summary>
    DurablePromises,
    /// <summary>Logs with the same position agree up to it; nothing committed is overwritten, nothing is for nothing.</summary>
    LogMatching,
    /// <summary>Messages keep the limits that are set.</summary>
    Limits,
    /// <summary>Terms, commit indexes and applied indexes never fall.</summary>
    NothingGoesBack,

    /// <summary>What is committed is on the disks of a majority.</summary>
    DurableMajority,
    /// <summary>A leader commits by counting only entries of its own term.</summary>
    CountedInOwnTerm,
    /// <summary>A heartbeat commits only what its receiver has acknowledged.</summary>
    AcknowledgedHeartbeats,
    /// <summary>What is committed is in the log of every later leader.</summary>
    LeaderCompleteness,

    /// <summary>The members that a peer knows are those that its log says.</summary>
    MembersFollowTheLog,
    /// <summary>Members change one by one, after the change before and something of the leader's own term is committed.</summary>
    OneChangeAtATime,
    /// <summary>A learner that becomes a voter has nearly all of the log.</summary>
    PromotedAreCaughtUp,
    /// <summary>Who is removed is told so, when the removal is committed, and nobody else is.</summary>
    RemovedAreTold,

    /// <summary>Who is removed leads nobody once that is committed.</summary>
    RemovedLeadNobody,

    /// <summary>A checkpoint says all that the events before it say, but for the beginning of the log.</summary>
    CheckpointsAreWhole,
    /// <summary>What a checkpoint leaves out is in the engine, whatever a loss of power takes from it.</summary>
    CompactedIsSynced,
    /// <summary>What a checkpoint leaves out is on the disks of all members.</summary>
    CompactedIsEverywhere,

    /// <summary>Everybody applies what is committed, each entry once, in order, after it is durable.</summary>
    AppliedInOrder,
    /// <summary>A batch in the engine holds its data together with one applied index.</summary>
    AppliedWithIndex,
    /// <summary>A store has the replicas that its engine says: it begins with all of them or none, and none speaks without a
    /// record.</summary>
    RegionsAsRecorded,
    /// <summary>A replica ends, and is told to, only when members are committed that lack it; nothing of it is left
    /// then.</summary>
    RemovalsAreDecided,
    /// <summary>What placement asks of a region is done only to the members by which it was decided.</summary>
    StepsAreFenced,
    /// <summary>Placement removes a voter only when as many as it wants are left.</summary>
    ReplacedFirst,
    /// <summary>A store is removed only when no region has a replica there that votes.</summary>
    RemovedStoresHoldNothing,
    /// <summary>A store that was removed is told so, ends, and changes nothing; no other is.</summary>
    RemovedStoresEnd,
    /// <summary>What is for another region, as of another epoch, or for keys of several is not done.</summary>
    RegionsAreKept,
    /// <summary>A split leaves every key to one of the two regions, which are the same on every store.</summary>
    SplitsAreWhole,
    /// <summary>State machines that have applied the same hold the same.</summary>
    SameState,

    /// <summary>Whoever reads a region sees all of the snapshot that it was replaced by, with its members and its position, or
    /// nothing of it.</summary>
    SnapshotsAreWhole,
    /// <summary>An engine that is ahead of its journal says which snapshot has put it there.</summary>
    SnapshotsAreExplained,

    /// <summary>What was acknowledged stays, and is what was asked for.</summary>
    AcknowledgedStays,
    /// <summary>A read sees all that was committed when it began, from a leader that a majority follows.</summary>
    CurrentReads,
    /// <summary>Every read ends, at the latest with the leadership.</summary>
    ReadsEnd,
    /// <summary>Nobody is elected within a lease.</summary>
    LeasesHold,
    /// <summary>There is an order of the calls that explains every answer.</summary>
    Linearizability,
    /// <summary>What is written together is seen together.</summary>
    WholeBatches,
    /// <summary>A scan returns what it was asked for, in its order.</summary>
    OrderedScans,
    /// <summary>An id is handed out once.</summary>
    UniqueIds,
    /// <summary>A timestamp is above every one that was handed out before it was asked for.</summary>
    RisingTimestamps,
    /// <summary>A timestamp lies in a window that the log had reserved when it was handed out.</summary>
    ReservedTimestamps,

    /// <summary>A healthy group or cluster serves.</summary>
    Serves,
    /// <summary>Stores that work again hold the same, and report ready.</summary>
    Converges,
    /// <summary>Who does not hear the leader, or comes back, does not disturb.</summary>
    Undisturbed,
    /// <summary>A leader whose connections have all ended is replaced without an election timeout.</summary>
    DeadLeadersAreReplaced,
    /// <summary>Who is up to date leads at once when its leader says so.</summary>
    TransfersAreQuick,
    /// <summary>A leader without a majority, or without a disk, steps down.</summary>
    LonelyLeadersStepDown,

    /// <summary>Who has lost nothing is not taken for a member that has.</summary>
    LossesAreTrue,
    /// <summary>Who has lost data is found, not counted, and ends.</summary>
    LossesAreFound,
    /// <summary>Who has lost data, and knows it, neither votes nor campaigns.</summary>
    LostDoNotVote,
    /// <summary>Nobody ends for a loss that was not stated for an election timeout, or was denied within one.</summary>
    LossesTakeTime,
    /// <summary>A start on an empty disk or an old copy is not taken for the store.</summary>
    ForgetfulAreRefused,

    /// <summary>What honest members say is not refused.</summary>
    HonestAreBelieved,
    /// <summary>What is refused changes and answers nothing.</summary>
    RefusedIsIgnored,
    /// <summary>Nobody drives a member's term beyond what time allows.</summary>
    TermsAreBounded,
}
