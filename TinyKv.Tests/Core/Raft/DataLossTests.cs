using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class DataLossTests
{
    private static readonly RaftMessage.Heartbeat Missing = new(Commit: 3, Round: 1, At(3, 2));

    [Fact]
    public void A_follower_answers_what_it_holds_of_what_it_acknowledged()
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 2));
        member.Hear(N2, 2, new RaftMessage.Heartbeat(Commit: 2, Round: 1, At(2, 2)));
        Assert.Equal(new RaftMessage.HeartbeatReply(1, At(2, 2), At(2, 2)), member.Only().Message);

        var effects = member.Hear(N2, 2, Missing);

        Assert.Equal(new RaftMessage.HeartbeatReply(1, At(3, 2), At(2, 2)), member.Only().Message);
        Assert.Equal(
            new DataLossReport(new DataLoss(N1, 2, At(3, 2), At(2, 2)), DataLossStage.Found),
            Assert.Single(effects.DataLoss));
        Assert.Equal(2, member.Core.Commit);
        Assert.True(member.Core.HasLostData);
    }

    [Fact]
    public void An_entry_of_another_term_in_the_same_place_is_not_what_was_acknowledged()
    {
        // It was overwritten before it was acknowledged; what overwrote it was lost.
        var member = new OneMember(journal: OneMember.Journal(3, 1, 2));
        member.Hear(N2, 4, new RaftMessage.Heartbeat(Commit: 0, Round: 1, At(2, 3)));
        Assert.True(member.Core.HasLostData);
    }

    [Fact]
    public void What_was_compacted_counts_as_held()
    {
        var core = new RaftCore(N1, new InitialState(Voters(N1, N2, N3), At(5, 5)), new RaftOptions(), new Random(1));
        core.Start(5);
        var effects = core.Step(new RaftEnvelope(N2, N1, 6, new RaftMessage.Heartbeat(0, 1, At(4, 4))));
        Assert.Equal(new RaftMessage.HeartbeatReply(1, At(4, 4), At(4, 4)), Assert.Single(effects.SendNow).Message);
        Assert.False(core.HasLostData);
    }

    [Fact]
    public void A_member_that_has_lost_data_grants_no_vote_and_no_poll_and_does_not_campaign()
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 2));
        member.Hear(N2, 2, Missing);
        member.Tick(2 * member.Options.ElectionTicks);
        member.Do(core => core.Campaign());
        Assert.Equal(RoleKind.Follower, member.Core.Role);
        member.Sent.Clear();

        member.Hear(N3, 3, new RaftMessage.PreVote(At(9, 2), Round: 1));
        Assert.False(Assert.IsType<RaftMessage.PreVoteReply>(member.Only().Message).Granted);
        member.Hear(N3, 3, new RaftMessage.RequestVote(At(9, 2)));
        Assert.Equal(new RaftMessage.Vote(Granted: false), member.Only().Message);
    }

    [Fact]
    public void A_member_that_has_lost_data_acknowledges_nothing_to_the_leader_that_says_so()
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 2));
        member.Hear(N2, 2, Missing);
        member.Sent.Clear();
        member.Hear(N2, 2, OneMember.Append(At(2, 2), Entries(3, 2)));
        Assert.Empty(member.Sent);
        Assert.Equal(At(2, 2), member.Core.Last);
    }

    [Fact]
    public void A_later_leader_catches_it_up_and_with_its_first_entry_it_takes_part_again()
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 2));
        member.Hear(N2, 2, Missing);
        member.Hear(N3, 3, OneMember.Append(At(2, 2), Entries(3, 2)));
        Assert.True(member.Core.HasLostData); // what was committed since may still be missing
        var effects = member.Hear(N3, 3, OneMember.Append(At(3, 2), Entries(4, 3)));
        Assert.Equal(DataLossStage.Cleared, Assert.Single(effects.DataLoss).Stage);
        Assert.False(member.Core.HasLostData);
        Assert.Equal(new RaftMessage.Appended(4), member.Sent[^1].Message);
    }

    [Fact]
    public void A_member_must_end_when_the_leader_has_said_so_for_an_election_timeout()
    {
        var member = new OneMember(journal: OneMember.Journal(2, 1, 2));
        var stages = new List<DataLossStage>();
        for (var tick = 0; tick <= member.Options.ElectionTicks; tick++)
        {
            stages.AddRange(member.Hear(N2, 2, Missing).DataLoss.Select(report => report.Stage));
            Assert.Equal(tick == member.Options.ElectionTicks, stages.Contains(DataLossStage.Confirmed));
            member.Tick(1);
        }
    }

    [Fact]
    public void A_follower_that_has_lost_data_gets_heartbeats_only_and_counts_for_nothing()
    {
        var leader = Leading();
        Answer(leader, N2, acknowledged: At(1, 1), held: LogPosition.Zero);
        Assert.Equal([new DataLoss(N2, 1, At(1, 1), LogPosition.Zero)], leader.Core.DataLosses);

        leader.Hear(N3, 1, new RaftMessage.Appended(1));
        leader.Do(core => core.Propose([Data("x")]));
        Assert.DoesNotContain(leader.Sent, e => e.To == N2 && e.Message is RaftMessage.Append);
        leader.Hear(N2, 1, new RaftMessage.Appended(1)); // left before the loss
        Assert.Equal(1, leader.Core.Commit);
        leader.Hear(N3, 1, new RaftMessage.Appended(2));
        Assert.Equal(2, leader.Core.Commit);
    }

    [Fact]
    public void A_leader_keeps_telling_a_follower_that_has_lost_data_until_that_is_silent()
    {
        var leader = Leading();
        leader.Hear(N3, 1, new RaftMessage.Appended(1));
        var commit = leader.Core.Commit;
        for (var tick = 1; tick <= 3 * leader.Options.ElectionTicks; tick++)
        {
            leader.Sent.Clear();
            leader.Tick(1);
            if (leader.Sent.Exists(e => e.Message is RaftMessage.Heartbeat))
                Answer(leader, N2, acknowledged: At(1, 1), held: LogPosition.Zero);
        }
        Assert.Equal((RoleKind.Leader, commit), (leader.Core.Role, leader.Core.Commit));

        leader.Tick(leader.Options.ElectionTicks);

        Assert.Equal(RoleKind.Follower, leader.Core.Role);
        Assert.Empty(leader.Core.DataLosses);
    }

    [Fact]
    public void A_read_is_not_confirmed_by_a_follower_that_has_lost_data()
    {
        var leader = Leading();
        leader.Do(core => core.ReadIndex([7]));
        Assert.Empty(Answer(leader, N2, acknowledged: At(1, 1), held: LogPosition.Zero).Reads);
        Assert.Equal(new ReadGrant(7, 1), Assert.Single(Answer(leader, N3, LogPosition.Zero, LogPosition.Zero).Reads));
    }

    [Fact]
    public void A_follower_whose_files_were_put_back_is_counted_and_sent_entries_again()
    {
        var leader = Leading();
        Answer(leader, N2, acknowledged: At(1, 1), held: LogPosition.Zero);
        leader.Do(core => core.Propose([Data("x")]));
        leader.Sent.Clear();

        var effects = Answer(leader, N2, acknowledged: At(1, 1), held: At(1, 1));

        Assert.Equal(DataLossStage.Cleared, Assert.Single(effects.DataLoss).Stage);
        Assert.Contains(leader.Sent, e => e.To == N2 && e.Message is RaftMessage.Append { Entries.Length: 1 });
        leader.Hear(N2, 1, new RaftMessage.Appended(2));
        Assert.Equal(2, leader.Core.Commit);
    }

    [Fact]
    public void An_answer_to_what_was_never_asked_is_no_loss()
    {
        var leader = Leading();
        Assert.NotNull(Answer(leader, N2, acknowledged: At(9, 1), held: At(1, 1)).Refused);
        Assert.NotNull(Answer(leader, N2, acknowledged: At(1, 0), held: LogPosition.Zero).Refused);
        Assert.Empty(leader.Core.DataLosses);
    }

    /// <summary>n1 leads term 1, and n2 has acknowledged its first entry.</summary>
    private static OneMember Leading()
    {
        var leader = new OneMember().BecomeLeader();
        leader.Hear(N2, 1, new RaftMessage.Appended(1));
        Assert.Equal(1, leader.Core.Commit);
        leader.Sent.Clear();
        return leader;
    }

    private static Effects Answer(OneMember leader, PeerId from, LogPosition acknowledged, LogPosition held)
    {
        leader.Tick(leader.Sent.Exists(e => e.Message is RaftMessage.Heartbeat) ? 0 : leader.Options.HeartbeatTicks);
        var round = leader.Sent.Select(e => e.Message).OfType<RaftMessage.Heartbeat>().Last().Round;
        return leader.Hear(from, 1, new RaftMessage.HeartbeatReply(round, acknowledged, held));
    }
}
