namespace TinyKv.Simulation.Mutants;

/// <summary>The planted bugs: each was made by somebody, somewhere, and lost data or availability.</summary>
internal static class MutantList
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
        [.. Elections, .. Durability, .. Replication, .. Commits, .. Reads, .. Losses, .. Availability, .. Lies];

    private static Mutant[] Elections =>
    [
        new("a vote for every candidate of a term", "RaftCore.Terms.cs",
            "HearsLeader || !MayVoteFor(candidate) || ", "HearsLeader || ",
            "Two candidates of one term can both get a majority."),
        new("a vote for a shorter log", "RaftCore.Terms.cs",
            " || !request.Last.IsAtLeast(Log.Last)", "",
            "A leader can be elected that lacks committed entries, and overwrites them."),
        new("a refusal counted as a vote", "Candidate.cs",
            "Count(envelope.From, vote.Granted);", "Count(envelope.From, granted: true);",
            "A candidate wins with the answers of those who refused it."),
        new("a vote of an earlier election counted", "RaftCore.Terms.cs",
            "if (envelope.Term < Term)",
            "if (envelope.Term < Term && envelope.Message is not RaftMessage.Vote)",
            "A late vote for the last term elects a second leader in this one."),
        new("a vote forgotten by a restart", "RaftCore.cs",
            "        Vote = record.Vote;\n", "",
            "A member that comes back votes a second time in the same term."),
    ];

    private static Mutant[] Durability =>
    [
        new("a vote that is not stored", "RaftCore.Terms.cs",
            "            Vote = candidate;\n            _isStateDirty = true;",
            "            Vote = candidate;",
            "After a crash the member votes for another one."),
        new("a vote sent before it is durable", "RaftCore.Terms.cs",
            "SendDurable(candidate, new RaftMessage.Vote(", "SendNow(candidate, new RaftMessage.Vote(",
            "After a crash the member votes for another one."),
        new("a request for votes sent before the own vote is durable", "Candidate.cs",
            "raft.SendDurable(peer, request)", "raft.SendNow(peer, request)",
            "After a crash the candidate votes for another one, and both count it."),
        new("an acknowledgement sent before the entries are durable", "Follower.cs",
            "raft.SendDurable(_leader, new RaftMessage.Appended(match))",
            "raft.SendNow(_leader, new RaftMessage.Appended(match))",
            "The leader commits what a crash of this follower loses."),
        new("a leader that counts what its disk does not have", "Leader.cs",
            "Reached(log.Durable,", "Reached(log.Last.Index,",
            "The entry commits with one disk less than a majority."),
        new("an entry applied before it is durable", "RaftLog.cs",
            "Math.Min(Commit, Durable)", "Commit",
            "After a crash the state machine is ahead of the log."),
        new("an overwritten write that counts when it completes", "Durability.cs",
            "for (var i = 0; i < _writes.Count; i++) _writes[i] = Math.Min(_writes[i], index - 1);", "",
            "The new entries at the same indexes pass for durable while they are under way."),
        new("a truncation that leaves the durable index", "Durability.cs",
            "Index = Math.Min(Index, index - 1);", "",
            "The new entries pass for durable while they are under way."),
    ];

    private static Mutant[] Replication =>
    [
        new("a late append that truncates", "RaftLog.cs",
            "if (Matches(entries[i].Position)) continue;", "",
            "An append that arrives twice removes acknowledged entries behind it."),
        new("an append taken whatever precedes it", "Follower.cs",
            "else if (log.Matches(previous))", "else if (previous.Index <= log.Last.Index)",
            "Logs that agree in an entry differ in what is before it."),
        new("appends that are never sent again", "Progress.cs",
            "        AwaitsProbe = false;\n        return true;\n    }\n\n    private",
            "        return false;\n    }\n\n    private",
            "One lost message leaves a follower behind for ever."),
    ];

    private static Mutant[] Lies =>
    [
        new("a second leader of a term believed", "Leader.Claims.cs",
            "        RaftMessage.Append or RaftMessage.Heartbeat => $\"term {_raft.Term} has another leader\",\n", "",
            "One forged heartbeat ends the leader."),
        new("a late acknowledgement taken for a lie", "Leader.Claims.cs",
            "appended.Match <= follower.SentThrough", "appended.Match == follower.SentThrough",
            "Honest members refuse each other."),
        new("an append that overwrites what is committed", "Claims.cs",
            "return AgainstCommitted(log, entry.Position); // all",
            "return null; // all",
            "One forged append ends the follower."),
        new("an append with a gap", "Claims.cs",
            "position.Index != last.Index + 1 || ", "",
            "One forged append ends the follower."),
        new("entries of a term that is still to come", "Claims.cs",
            "return last.Term > term ? $\"{last} is of a later term than {term}\" : Index(last.Index);",
            "return Index(last.Index);",
            "The log is in a later term than the member."),
        new("a term as far ahead as anybody claims", "RaftCore.Terms.cs",
            "_allowance.Take(envelope.Term - Term)", "envelope.Term - Term",
            "One forged message takes a member to the last term, in which nobody is elected."),
        new("a term too far ahead that changes nothing", "RaftCore.Terms.cs",
            "if (step > 0)", "if (step == envelope.Term - before)",
            "Honest members who were driven apart refuse each other for ever."),
        new("an allowance that does not come back", "TermAllowance.cs",
            "_left + RaftLimits.TermsPerTick(options)", "_left",
            "Honest members who were driven apart refuse each other for ever."),
        new("an allowance that is never used up", "TermAllowance.cs",
            "        _left -= Math.Max(step, RaftLimits.MinTermStep);\n", "",
            "Members are driven apart by every message, and come together by a step in each election."),
    ];

    private static Mutant[] Commits =>
    [
        new("an old term's entry committed by counting", "Leader.cs",
            "reached <= log.Commit || log.TermAt(reached) != _raft.Term", "reached <= log.Commit",
            "Figure 8 of the paper: what a majority has may still be overwritten."),
        new("a heartbeat that commits what was not acknowledged", "Leader.cs",
            "Math.Min(acknowledged.Index, _raft.Log.Commit)", "_raft.Log.Commit",
            "Entries left by another leader pass for committed."),
        new("entries handed out again after a restart", "RaftLog.cs",
            "        _handedOut = applied;\n", "",
            "The state machine applies commands twice."),
    ];

    private static Mutant[] Reads =>
    [
        new("a read before the own term's first commit", "Leader.Reads.cs",
            "if (_raft.Log.Commit < _firstOwn)", "if (_raft.Log.Commit < 0)",
            "The commit index of a new leader may be behind what clients have seen."),
        new("a read that nobody confirms", "Leader.Reads.cs",
            "Reached(_round, static f => f.Round)", "_round",
            "A leader that was replaced keeps answering."),
        new("a read confirmed by a round that left before it", "Leader.Reads.cs",
            "_raft.Log.Commit), _round + 1)", "_raft.Log.Commit), _round)",
            "The answers prove leadership for a time before the read began."),
        new("a lease that starts when the answers arrive", "Leader.Reads.cs",
            "_leaseStart = oldest.Tick;", "_leaseStart = _raft.Now;",
            "The voters' timeout ends before the lease does."),
        new("a lease beyond the voters' timeout", "Leader.Reads.cs",
            "< _raft.Options.LeaseTicks", "< 2 * _raft.Options.ElectionTicks",
            "Another leader is elected while the lease holds."),
        new("a restart that forgets whose lease it supports", "RaftCore.cs",
            "        if (Options.LeaseReads && Term > 0) HearLeader();\n", "",
            "A voter comes back and elects another leader while the lease holds."),
        new("a candidate within the lease that it supports", "RaftCore.cs",
            "_role is not Candidate && !HearsLeader", "_role is not Candidate",
            "Its own vote is one that the lease of the leader counts on not being given."),
        new("reads that outlive the leadership", "Leader.Reads.cs",
            "foreach (var context in _earlyReads) _raft.Drop(context);", "",
            "Clients wait for ever."),
    ];

    private static Mutant[] Losses =>
    [
        new("a member that has lost data and is counted", "Leader.cs",
            "_followers[i].State == ProgressState.DataLoss ? 0 : of(_followers[i])", "of(_followers[i])",
            "A leader and a member that lost what it acknowledged pass for a majority."),
        new("a member that has lost data and votes", "RaftCore.Terms.cs",
            "HasLostData || HearsLeader || ", "HearsLeader || ",
            "It elects a leader that lacks what was committed with its acknowledgement, or votes twice in a term."),
        new("a member that has lost data and promises its vote", "RaftCore.Terms.cs",
            "!HasLostData && !HearsLeader", "!HearsLeader",
            "An asker that cannot win raises its term and deposes a leader that works."),
        new("a member that has lost data and campaigns", "RaftCore.Terms.cs",
            "Term < RaftLimits.MaxNumber && !HasLostData", "Term < RaftLimits.MaxNumber",
            "It asks for votes with a log that is shorter than what it acknowledged."),
        new("a member that does not look what it holds", "Follower.cs",
            "var held = raft.Log.HeldOf(acknowledged);", "var held = acknowledged;",
            "It stays behind for ever, and passes for one of a majority."),
        new("a loss that one message proves", "LossEvidence.cs",
            "_isConfirmed || tick - _since < options.ElectionTicks", "_isConfirmed || tick == _since",
            "A confused peer ends a store."),
        new("a loss that is proved while it is denied", "LossEvidence.cs",
            "isNew || _deniedSince is not null || ", "isNew || ",
            "A confused peer that speaks in the leader's name ends a store."),
        new("a loss that nothing makes good", "Leader.cs",
            "else if (follower.Holds(asked))", "else if (reply.Round < 0 && follower.Holds(asked))",
            "A store whose files were put back is never sent anything again."),
    ];

    private static Mutant[] Availability =>
    [
        new("a poll that raises the term", "RaftCore.Terms.cs",
            "                AnswerPoll(envelope, poll);",
            "                if (envelope.Term > Term) Follow(envelope.Term, PeerId.None);\n"
            + "                AnswerPoll(envelope, poll);",
            "A member that was cut off comes back and deposes a leader that works."),
        new("voters without a timeout", "RaftCore.Terms.cs",
            "_role is Leader || Now - _heardLeaderAt < Options.ElectionTicks", "_role is Leader",
            "Whoever campaigns deposes a leader that works, within its lease."),
        new("a leader that does not notice that it is alone", "Leader.cs",
            ">= _raft.Options.ElectionTicks)", ">= long.MaxValue)",
            "Clients wait for a leader that can commit nothing."),
        new("a leader that keeps leading without a disk", "Leader.cs",
            "_outrun > _raft.Options.ElectionTicks", "false",
            "Clients wait for a leader that can write nothing, while the others could."),
        new("a stale leader that is not told", "RaftCore.Terms.cs",
            "SendNow(envelope.From, new RaftMessage.HeartbeatReply(Round: 0));", "",
            "A member of a higher term and a leader of a lower one ignore each other for ever."),
        new("a refused poll that does not tell the term", "RaftCore.Terms.cs",
            "granted ? envelope.Term : Term);", "envelope.Term);",
            "An asker whose term is behind is never elected."),
    ];
}
