using System.Collections.Immutable;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>
/// n1 of n1, n2 and n3, driven by hand; what it sends goes nowhere, what it stores is durable at once.
/// </summary>
internal sealed class OneMember
{
    public OneMember(
        RaftOptions? options = null, RaftRecord? journal = null, int seed = 1, int members = 3, LogPosition truncated = default)
    {
        Options = options ?? new RaftOptions();
        Core = new RaftCore(N1, new InitialState(Voters(Of(members)), truncated), Options, new Random(seed));
        if (journal is not null) Core.Replay(journal);
        Do(core => core.Start(truncated.Index));
    }

    public RaftCore Core { get; }

    public RaftOptions Options { get; }

    /// <summary>Everything that was sent since the last look, in order.</summary>
    public List<RaftEnvelope> Sent { get; } = [];

    public List<RaftRecord> Stored { get; } = [];

    /// <summary>Checkpoints that it handed out; they are durable when the test says so.</summary>
    public List<RaftCheckpoint> Checkpoints { get; } = [];

    /// <summary>How often it asked for a sync of the engine.</summary>
    public int SyncsAsked { get; private set; }

    public List<Entry> Applied { get; } = [];

    public static RaftRecord Journal(long term, params long[] terms) =>
        new(term, PeerId.None, Entries(1, terms));

    public Effects Do(Func<RaftCore, Effects> input)
    {
        var first = input(Core);
        for (var effects = first; ; effects = Core.Stored())
        {
            if (effects.SyncEngine) SyncsAsked++;
            Sent.AddRange(effects.SendNow);
            Sent.AddRange(effects.SendDurable);
            Applied.AddRange(effects.Apply);
            if (effects.Store is { } record) Stored.Add(record);
            if (effects.Checkpoint is { } checkpoint) Checkpoints.Add(checkpoint);
            if (effects.Store is null) return first;
        }
    }

    public Effects Hear(PeerId from, long term, RaftMessage message) =>
        Do(core => core.Step(new RaftEnvelope(from, N1, term, message)));

    public void Tick(int count)
    {
        for (var i = 0; i < count; i++) Do(core => core.Tick());
    }

    /// <summary>The only message sent since the last look.</summary>
    public RaftEnvelope Only()
    {
        var envelope = Assert.Single(Sent);
        Sent.Clear();
        return envelope;
    }

    public static RaftMessage.Append Append(
        LogPosition previous, ImmutableArray<Entry> entries, long commit = 0) =>
        new(previous, entries, commit);

    public OneMember BecomePreCandidate()
    {
        Do(core => core.Campaign());
        return this;
    }

    public OneMember BecomeCandidate()
    {
        BecomePreCandidate();
        var round = Sent.Select(e => e.Message).OfType<RaftMessage.PreVote>().Last().Round;
        Hear(N2, Core.Term + 1, new RaftMessage.PreVoteReply(Granted: true, round));
        return this;
    }

    /// <summary>Leads with n2's vote; n2 has acknowledged nothing yet.</summary>
    public OneMember BecomeLeader()
    {
        BecomeCandidate();
        Hear(N2, Core.Term, new RaftMessage.Vote(Granted: true));
        Assert.Equal(RoleKind.Leader, Core.Role);
        Sent.Clear();
        return this;
    }

    public OneMember Become(RoleKind role) => role switch
    {
        RoleKind.Follower => this,
        RoleKind.PreCandidate => BecomePreCandidate(),
        RoleKind.Candidate => BecomeCandidate(),
        _ => BecomeLeader(),
    };
}
