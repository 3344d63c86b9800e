using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>One member of a Raft group: deterministic, without clock, I/O or threads.</summary>
public sealed partial class RaftCore
{
    private readonly Random _random;
    private readonly Outbox _outbox = new();
    private Role _role;
    private long _applied;
    private bool _started;

    /// <summary>
    /// A member as it was created; feed it its journal with <see cref="Replay"/>, then <see cref="Start"/>.
    /// </summary>
    /// <param name="self">This peer; a member by now, or about to become one.</param>
    /// <param name="initial">The first event of its journal.</param>
    /// <param name="options">Validated numbers.</param>
    /// <param name="random">Seeded by the host; draws election timeouts.</param>
    public RaftCore(PeerId self, InitialState initial, RaftOptions options, Random random)
    {
        Self = self;
        Options = options;
        Log = new RaftLog(initial.Truncated, initial.Configuration);
        _initial = initial;
        _reportedConfiguration = initial.Configuration;
        _compaction = new Compaction(options, Log);
        LossEvidence = new LossEvidence(self, options);
        Term = initial.Truncated.Term;
        _random = random;
        _allowance = new TermAllowance(options);
        _heardLeaderAt = -options.ElectionTicks;
        _role = new Follower(this, PeerId.None);
    }

    /// <summary>This member.</summary>
    public PeerId Self { get; }

    /// <summary>The current term.</summary>
    public long Term { get; private set; }

    /// <summary>The part it plays.</summary>
    public RoleKind Role => _role.Kind;

    /// <summary>The leader it knows of; itself when it leads.</summary>
    public PeerId Leader => _role.LeaderId;

    /// <summary>The last committed index it knows of.</summary>
    public long Commit => Log.Commit;

    /// <summary>
    /// Whether an entry of the current term is known to be committed: before that, what is known to be committed may be
    /// behind what an earlier leader has told its clients.
    /// </summary>
    public bool HasCommittedInTerm => Log.TermAt(Log.Commit) == Term;

    /// <summary>The first index in the log (one past the truncated position).</summary>
    public long FirstIndex => Log.FirstIndex;

    /// <summary>The end of the log, durable or not.</summary>
    public LogPosition Last => Log.Last;

    /// <summary>Bytes of the commands in the log.</summary>
    public long LogBytes => Log.Bytes;

    /// <summary>
    /// Whether this member has been told, and nothing contradicts it, that it has lost what it acknowledged. It grants
    /// no votes, does not campaign and must not pass for ready meanwhile.
    /// </summary>
    public bool HasLostData => LossEvidence.Loss is not null;

    /// <summary>The losses that this member knows of: its own, or while it leads its followers'.</summary>
    public IEnumerable<DataLoss> DataLosses => LossEvidence.Loss is { } own ? [own] : _role.DataLosses;

    /// <summary>Takes in one recorded step. Only before <see cref="Start"/>.</summary>
    public void Replay(RaftRecord record)
    {
        Invariant.Holds(!_started, $"a record is replayed after the start");
        Invariant.Holds(record.Term >= Term, $"the journal goes back from term {Term} to {record.Term}");
        Invariant.Holds(RaftLimits.Allow(record.Term), $"the journal has the impossible term {record.Term}");
        Term = record.Term;
        Vote = record.Vote;
        Log.Append(record.Entries.AsSpan());
        Invariant.Holds(Log.Last.Term <= Term, $"the journal has {Log.Last} in term {Term}");
    }

    /// <summary>Ends the replay. <paramref name="applied"/> is what the state machine holds already: it is
    /// committed and is not handed out again. An only voter elects itself at once.</summary>
    /// <param name="applied">The index.</param>
    /// <param name="isNew">Whether the journal was made just now, so that nothing was promised before.</param>
    public Effects Start(long applied, bool isNew = false)
    {
        Invariant.Holds(!_started, $"started twice");
        _started = true;
        _applied = applied;
        Log.Open(applied);
        _reported = new LeadershipChange(Role, Term, Leader);
        _reportedConfiguration = Configuration;
        // Before the restart we may have promised a leader, whose lease still runs, to elect nobody else.
        if (Options.LeaseReads && Term > 0 && !isNew) HearLeader();
        if (Configuration.IsOnlyVoter(Self)) Poll();
        return Drain();
    }

    /// <summary>Time passes.</summary>
    public Effects Tick()
    {
        RequireStart();
        Now++;
        _allowance.Tick();
        _role.Tick();
        Compact();
        return Drain();
    }

    /// <summary>
    /// A message arrives, whatever it says and whoever wrote it. One that contradicts the protocol is not taken and
    /// reported in <see cref="Effects.Refused"/>.
    /// </summary>
    public Effects Step(RaftEnvelope envelope)
    {
        RequireStart();
        if (Claims.Contradiction(this, envelope) is { } reason)
            return new Effects { Refused = new Refusal(envelope.From, reason) };
        Receive(envelope);
        return Drain();
    }

    /// <summary>
    /// Whether a leader takes another <paramref name="bytes"/> of commands now, with <paramref name="queued"/> bytes
    /// about to be proposed before them (<see cref="RaftOptions.MaxPendingBytes"/>).
    /// </summary>
    public bool HasRoomFor(long bytes, long queued = 0)
    {
        var pending = Log.BytesAfter(_applied) + queued;
        return pending == 0 || pending + bytes <= Options.MaxPendingBytes;
    }

    /// <summary>
    /// Appends commands; they get the positions from <see cref="Last"/> + 1 on, in the current
    /// term. Leader only, and not while it is transferring leadership.
    /// </summary>
    /// <exception cref="InvalidOperationException">This member does not lead, or has a <see cref="Transferee"/>.</exception>
    public Effects Propose(IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        RequireLeader().Propose(commands);
        return Drain();
    }

    /// <summary>
    /// Asks for a read index (thesis, section 6.4). Granted or dropped in these or later
    /// effects. Leader only.
    /// </summary>
    /// <param name="contexts">Numbers of the host, never used twice in a core's life.</param>
    /// <exception cref="InvalidOperationException">This member does not lead.</exception>
    public Effects ReadIndex(IReadOnlyList<long> contexts)
    {
        RequireLeader().Read(contexts);
        return Drain();
    }

    /// <summary>The oldest <see cref="Effects.Store"/> that was not reported yet is durable.</summary>
    public Effects Stored()
    {
        RequireStart();
        Log.EndWrite();
        _role.Stored();
        return Drain();
    }

    /// <summary>
    /// The state machine has applied everything up to <paramref name="index"/>; makes room for proposals.
    /// </summary>
    public void Applied(long index)
    {
        Invariant.Holds(index <= Log.HandedOut, $"{index} is applied, only {Log.HandedOut} was handed out");
        _applied = Math.Max(_applied, index);
    }

    /// <summary>
    /// Starts an election now, without waiting for the timeout; it begins with the poll as any other. Ignored
    /// by a leader, a candidate, and while a leader was heard within <see cref="RaftOptions.ElectionTicks"/>:
    /// the others would refuse, and a lease may rest on our not voting, not even for ourselves.
    /// </summary>
    public Effects Campaign()
    {
        RequireStart();
        if (_role is not Candidate && !HearsLeader) Poll();
        return Drain();
    }

    /// <summary>
    /// The connection over which a member was heard has ended: most likely its process has. Who follows it does not count
    /// it as heard any longer, and polls after a short pause. What was promised to a lease is kept.
    /// </summary>
    public Effects Disconnected(PeerId peer)
    {
        RequireStart();
        _role.Disconnected(peer);
        return Drain();
    }

    private void RequireStart() => Invariant.Holds(_started, $"an input before the start");

    private Leader RequireLeader() =>
        _role as Leader ?? throw new InvalidOperationException($"this member does not lead term {Term}");
}
