using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class ReadTests
{
    [Fact]
    public void A_group_of_one_grants_at_once_when_its_term_has_a_commit()
    {
        var member = new OneMember(members: 1);
        Assert.Equal([new ReadGrant(7, 1)], member.Do(core => core.ReadIndex([7])).Reads.AsEnumerable());
    }

    [Fact]
    public void A_read_is_granted_at_the_commit_index_of_its_arrival()
    {
        var member = Leader();
        member.Do(core => core.ReadIndex([1]));
        var round = Round(member);
        member.Do(core => core.Propose([Data("x")]));
        member.Hear(N2, 1, new RaftMessage.Appended(2));
        Assert.Equal(2, member.Core.Commit);
        Assert.Equal([new ReadGrant(1, 1)], Answer(member, round).Reads.AsEnumerable());
    }

    [Fact]
    public void An_answer_to_an_earlier_round_or_term_confirms_nothing()
    {
        var member = Leader();
        member.Tick(2);
        var earlier = Round(member);
        member.Do(core => core.ReadIndex([1]));
        Assert.Empty(Answer(member, earlier).Reads);
        Assert.Empty(member.Hear(N2, 0, new RaftMessage.HeartbeatReply(Round(member))).Reads);
        Assert.Single(Answer(member, Round(member)).Reads);
    }

    [Fact]
    public void Reads_before_the_first_commit_of_the_term_are_granted_at_that_commit()
    {
        var member = new OneMember(journal: OneMember.Journal(3, 1, 3)).BecomeLeader();
        member.Do(core => core.ReadIndex([1, 2]));
        Assert.DoesNotContain(member.Sent, e => e.Message is RaftMessage.Heartbeat);
        member.Hear(N2, member.Core.Term, new RaftMessage.Appended(3));
        var grants = Answer(member, Round(member)).Reads;
        Assert.Equal([new ReadGrant(1, 3), new ReadGrant(2, 3)], grants.AsEnumerable());
    }

    [Fact]
    public void A_leader_that_is_deposed_drops_the_reads_that_wait_for_a_round_and_for_a_commit()
    {
        var waiting = Leader();
        waiting.Do(core => core.ReadIndex([1, 2]));
        var dropped = waiting.Hear(N3, 9, new RaftMessage.Heartbeat(0, 1)).ReadsDropped;
        Assert.Equal([1, 2], dropped.AsEnumerable());

        var early = new OneMember().BecomeLeader();
        early.Do(core => core.ReadIndex([3]));
        dropped = early.Hear(N3, 9, new RaftMessage.Heartbeat(0, 1)).ReadsDropped;
        Assert.Equal([3], dropped.AsEnumerable());
    }

    [Fact]
    public void Reads_during_a_round_wait_for_the_next_one_which_leaves_when_it_is_back()
    {
        var member = Leader();
        member.Do(core => core.ReadIndex([1]));
        var first = Round(member);
        member.Sent.Clear();
        member.Do(core => core.ReadIndex([2]));
        member.Do(core => core.ReadIndex([3]));
        Assert.Empty(member.Sent);

        Assert.Equal([1], Answer(member, first).Reads.Select(r => r.Context));
        Assert.True(Round(member) > first);
        Assert.Equal([2, 3], Answer(member, Round(member)).Reads.Select(r => r.Context));
    }

    [Fact]
    public void A_lease_runs_from_when_the_heartbeats_left()
    {
        var member = Leader(new RaftOptions { LeaseReads = true, LeaseTicks = 5 });
        member.Tick(2);
        var round = Round(member);
        member.Tick(3);
        Answer(member, round);
        member.Tick(1);
        Assert.Single(member.Do(core => core.ReadIndex([1])).Reads); // tick 6: 4 since the round
        member.Tick(1);
        Assert.Empty(member.Do(core => core.ReadIndex([2])).Reads); // tick 7: 5 since
    }

    [Fact]
    public void A_lease_does_not_replace_the_first_commit_of_the_term()
    {
        var member = new OneMember(new RaftOptions { LeaseReads = true }).BecomeLeader();
        member.Tick(2);
        Answer(member, Round(member));
        Assert.Empty(member.Do(core => core.ReadIndex([1])).Reads);
    }

    private static OneMember Leader(RaftOptions? options = null)
    {
        var member = new OneMember(options).BecomeLeader();
        member.Hear(N2, 1, new RaftMessage.Appended(1));
        member.Sent.Clear();
        return member;
    }

    private static long Round(OneMember member) =>
        member.Sent.Select(e => e.Message).OfType<RaftMessage.Heartbeat>().Last().Round;

    private static Effects Answer(OneMember member, long round) =>
        member.Hear(N2, member.Core.Term, new RaftMessage.HeartbeatReply(round));
}
