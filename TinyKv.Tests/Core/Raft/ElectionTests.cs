using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class ElectionTests
{
    [Fact]
    public void Timeouts_cover_the_whole_interval_and_nothing_else()
    {
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 300; seed++)
        {
            var member = new OneMember(seed: seed);
            var ticks = 0;
            for (; member.Core.Role == RoleKind.Follower; ticks++) member.Tick(1);
            seen.Add(ticks);
        }

        Assert.Equal(Enumerable.Range(10, 10), seen.Order());
    }

    [Theory]
    [InlineData(2, 1, true)] // the same log
    [InlineData(3, 1, true)] // longer
    [InlineData(1, 2, true)] // shorter, of a newer term
    [InlineData(1, 1, false)]
    [InlineData(9, 0, false)] // longer, of an older term
    public void A_vote_goes_only_to_a_log_that_is_as_up_to_date(long index, long term, bool granted)
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 1));
        member.Hear(N2, 5, new RaftMessage.PreVote(At(index, term), 1));
        Assert.Equal(new RaftMessage.PreVoteReply(granted, 1), member.Only().Message);
        member.Hear(N2, 5, new RaftMessage.RequestVote(At(index, term)));
        Assert.Equal(new RaftMessage.Vote(granted), member.Only().Message);
    }

    [Fact]
    public void A_member_votes_once_in_a_term_and_repeats_its_vote()
    {
        var member = new OneMember();
        member.Hear(N2, 1, new RaftMessage.RequestVote(LogPosition.Zero));
        Assert.Equal(new RaftMessage.Vote(true), member.Only().Message);
        member.Hear(N3, 1, new RaftMessage.RequestVote(LogPosition.Zero));
        Assert.Equal(new RaftMessage.Vote(false), member.Only().Message);
        member.Hear(N2, 1, new RaftMessage.RequestVote(LogPosition.Zero));
        Assert.Equal(new RaftMessage.Vote(true), member.Only().Message);
    }

    [Fact]
    public void A_vote_leaves_with_its_record_and_a_refusal_at_once()
    {
        var core = new OneMember().Core;
        var granted = core.Step(new RaftEnvelope(N2, N1, 1, new RaftMessage.RequestVote(LogPosition.Zero)));
        Assert.Equal(new RaftRecord(1, N2, []), granted.Store! with { Entries = [] });
        Assert.Single(granted.SendDurable);
        Assert.Empty(granted.SendNow);
        var refused = core.Step(new RaftEnvelope(N3, N1, 1, new RaftMessage.RequestVote(LogPosition.Zero)));
        Assert.Null(refused.Store);
        Assert.Single(refused.SendNow);
    }

    [Fact]
    public void A_member_that_hears_its_leader_ignores_requests_for_votes_of_newer_terms()
    {
        var member = new OneMember();
        member.Hear(N2, 1, new RaftMessage.Heartbeat(0, 1));
        member.Tick(9);
        member.Sent.Clear();
        member.Hear(N3, 2, new RaftMessage.RequestVote(At(9, 1)));
        Assert.Empty(member.Sent);
        Assert.Equal((1L, N2), (member.Core.Term, member.Core.Leader));

        member.Tick(1);
        member.Sent.Clear();
        member.Hear(N3, 2, new RaftMessage.RequestVote(At(9, 1)));
        Assert.Equal(new RaftMessage.Vote(true), member.Only().Message);
    }

    [Fact]
    public void With_leases_a_restart_counts_as_having_heard_a_leader()
    {
        var options = new RaftOptions { LeaseReads = true };
        var member = new OneMember(options, OneMember.Journal(1, 1));
        member.Do(core => core.Campaign());
        Assert.Equal(RoleKind.Follower, member.Core.Role);
        member.Hear(N3, 2, new RaftMessage.RequestVote(At(9, 1)));
        Assert.Equal((1L, 0), (member.Core.Term, member.Sent.Count));
        member.Tick(10);
        member.Hear(N3, 2, new RaftMessage.RequestVote(At(9, 1)));
        Assert.Equal(2, member.Core.Term);
    }

    [Fact]
    public void A_poll_of_an_older_term_is_refused_in_our_own()
    {
        var member = new OneMember(journal: OneMember.Journal(9, 1));
        member.Hear(N2, 6, new RaftMessage.PreVote(At(9, 5), 3));
        var reply = member.Only();
        Assert.Equal((9L, new RaftMessage.PreVoteReply(false, 3)), (reply.Term, reply.Message));
    }

    [Fact]
    public void A_granted_poll_is_answered_in_the_term_that_was_asked_for()
    {
        var member = new OneMember();
        member.Hear(N2, 6, new RaftMessage.PreVote(LogPosition.Zero, 3));
        Assert.Equal(6, member.Only().Term);
    }

    [Fact]
    public void Answers_to_an_earlier_poll_do_not_count()
    {
        var member = new OneMember().BecomePreCandidate();
        var old = Round(member);
        member.BecomePreCandidate();
        member.Hear(N2, 1, new RaftMessage.PreVoteReply(true, old));
        Assert.Equal(RoleKind.PreCandidate, member.Core.Role);
        member.Hear(N2, 1, new RaftMessage.PreVoteReply(true, Round(member)));
        Assert.Equal(RoleKind.Candidate, member.Core.Role);
    }

    [Fact]
    public void A_poll_that_is_refused_in_a_newer_term_teaches_the_term()
    {
        var member = new OneMember().BecomePreCandidate();
        member.Hear(N2, 8, new RaftMessage.PreVoteReply(false, Round(member)));
        Assert.Equal((RoleKind.Follower, 8L), (member.Core.Role, member.Core.Term));
    }

    [Fact]
    public void Refusals_of_an_older_term_end_a_poll_as_well_as_any()
    {
        var member = new OneMember(journal: OneMember.Journal(5, 1)).BecomePreCandidate();
        member.Hear(N2, 3, new RaftMessage.PreVoteReply(false, Round(member)));
        Assert.Equal(RoleKind.PreCandidate, member.Core.Role);
        member.Hear(N3, 3, new RaftMessage.PreVoteReply(false, Round(member)));
        Assert.Equal(RoleKind.Follower, member.Core.Role);
    }

    [Fact]
    public void Two_refusals_of_five_leave_a_candidate_standing()
    {
        var member = new OneMember(members: 5).BecomePreCandidate();
        foreach (var voter in Of(5).Skip(1).Take(2))
            member.Hear(voter, 1, new RaftMessage.PreVoteReply(true, Round(member)));
        member.Hear(N2, 1, new RaftMessage.Vote(false));
        member.Hear(N3, 1, new RaftMessage.Vote(false));
        Assert.Equal(RoleKind.Candidate, member.Core.Role);
    }

    [Theory]
    [InlineData(RoleKind.PreCandidate)]
    [InlineData(RoleKind.Candidate)]
    public void Who_asks_for_votes_yields_to_a_leader_of_its_term(RoleKind role)
    {
        var member = new OneMember().Become(role);
        member.Hear(N3, Math.Max(1, member.Core.Term), new RaftMessage.Heartbeat(0, 1));
        Assert.Equal((RoleKind.Follower, N3), (member.Core.Role, member.Core.Leader));
    }

    [Fact]
    public void Campaigning_is_nothing_to_a_leader_and_a_candidate()
    {
        Assert.Same(Effects.None, new OneMember().BecomeLeader().Do(core => core.Campaign()));
        Assert.Same(Effects.None, new OneMember().BecomeCandidate().Do(core => core.Campaign()));
    }

    [Fact]
    public void A_candidate_of_the_past_is_told_the_term()
    {
        var member = new OneMember(journal: OneMember.Journal(9, 1));
        member.Hear(N2, 3, new RaftMessage.RequestVote(At(9, 2)));
        var reply = member.Only();
        Assert.Equal((9L, new RaftMessage.Vote(false)), (reply.Term, reply.Message));
    }

    private static long Round(OneMember member) =>
        member.Sent.Select(e => e.Message).OfType<RaftMessage.PreVote>().Last().Round;
}
