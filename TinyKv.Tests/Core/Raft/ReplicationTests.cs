using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class ReplicationTests
{
    [Fact]
    public void A_follower_rejects_an_append_that_does_not_fit_and_says_where_it_may()
    {
        var member = new OneMember(journal: OneMember.Journal(3, 1, 1, 3));
        member.Hear(N2, 4, OneMember.Append(At(3, 2), Entries(4, 4)));
        Assert.Equal(new RaftMessage.Rejected(3, At(2, 1)), member.Only().Message);
        Assert.Equal(At(3, 3), member.Core.Last);
    }

    [Fact]
    public void A_follower_commits_no_further_than_its_log_is_known_to_match()
    {
        var member = new OneMember(journal: OneMember.Journal(1, 1, 1, 1));
        member.Hear(N2, 2, OneMember.Append(At(1, 1), Entries(2, 1), commit: 3));
        Assert.Equal(2, member.Core.Commit);
        Assert.Equal(new RaftMessage.Appended(2), member.Only().Message);
    }

    [Fact]
    public void An_append_that_comes_twice_is_acknowledged_twice_and_stored_once()
    {
        var member = new OneMember();
        for (var i = 0; i < 2; i++)
        {
            member.Hear(N2, 1, OneMember.Append(LogPosition.Zero, Entries(1, 1, 1)));
            Assert.Equal(new RaftMessage.Appended(2), member.Only().Message);
        }

        Assert.Equal(2, member.Stored.Sum(r => r.Entries.Length));
    }

    [Fact]
    public void An_acknowledgement_waits_for_the_record()
    {
        var core = new OneMember().Core;
        var append = OneMember.Append(LogPosition.Zero, Entries(1, 1));
        var effects = core.Step(new RaftEnvelope(N2, N1, 1, append));
        Assert.Empty(effects.SendNow);
        Assert.Single(effects.SendDurable);
        Assert.Single(effects.Store!.Entries);
    }

    [Fact]
    public void An_acknowledgement_of_what_was_compacted_changes_nothing()
    {
        var core = new RaftCore(N1, new InitialState(Voters(N1, N2, N3), At(5, 5)), new RaftOptions(), new Random(1));
        core.Start(5);
        core.Campaign();
        core.Step(new RaftEnvelope(N2, N1, 6, new RaftMessage.PreVoteReply(Granted: true, Round: 1)));
        core.Stored();
        core.Step(new RaftEnvelope(N2, N1, 6, new RaftMessage.Vote(Granted: true)));
        Assert.Equal(RoleKind.Leader, core.Role);

        Assert.Same(Effects.None, core.Step(new RaftEnvelope(N2, N1, 6, new RaftMessage.Appended(0))));
    }

    [Fact]
    public void A_heartbeat_commits_what_is_there_and_no_more()
    {
        var member = new OneMember();
        member.Hear(N2, 1, OneMember.Append(LogPosition.Zero, Entries(1, 1)));
        member.Hear(N2, 1, new RaftMessage.Heartbeat(Commit: 1, Round: 4, At(1, 1)));
        Assert.Equal(1, member.Core.Commit);
        Assert.Equal(new RaftMessage.HeartbeatReply(4, At(1, 1), At(1, 1)), member.Sent[^1].Message);
        member.Hear(N2, 1, new RaftMessage.Heartbeat(Commit: 9, Round: 5, At(9, 1)));
        Assert.Equal(1, member.Core.Commit);
    }

    [Fact]
    public void A_leader_of_the_past_is_told_the_term_whatever_it_sends()
    {
        var member = new OneMember(journal: OneMember.Journal(9, 1));
        RaftMessage[] messages = [new RaftMessage.Heartbeat(0, 3), OneMember.Append(At(1, 1), [])];
        foreach (var message in messages)
        {
            member.Hear(N2, 4, message);
            var reply = member.Only();
            Assert.Equal((9L, new RaftMessage.HeartbeatReply(0)), (reply.Term, reply.Message));
        }
    }

    [Fact]
    public void A_leader_counts_itself_only_up_to_what_its_disk_holds()
    {
        var member = Leader();
        var proposed = member.Core.Propose([Data("x")]);
        Assert.NotNull(proposed.Store);
        member.Core.Step(new RaftEnvelope(N2, N1, 1, new RaftMessage.Appended(2)));
        Assert.Equal(1, member.Core.Commit);
        Assert.Equal([2], member.Core.Stored().Apply.Select(e => e.Index));
    }

    [Fact]
    public void A_leader_sends_ahead_of_its_own_write_in_the_order_of_its_followers()
    {
        var effects = Leader().Core.Propose([Data("x")]);
        Assert.NotNull(effects.Store);
        Assert.Empty(effects.SendDurable);
        Assert.Equal([N2], effects.SendNow.Select(e => e.To)); // n3 has not answered the first probe yet
    }

    [Fact]
    public void Appends_are_bounded_in_entries_and_bytes()
    {
        var member = Leader(new RaftOptions { MaxEntriesPerAppend = 3, MaxBytesPerAppend = 3 });
        var commands = new[] { "1", "2", "3", "4", "five", "6" }.Select(Data).ToArray();
        member.Do(core => core.Propose(commands));
        var appends = member.Sent.Where(e => e.To == N2).Select(e => (RaftMessage.Append)e.Message);
        var sizes = appends.Select(a => a.Entries.Length);
        Assert.Equal([3, 1, 1, 1], sizes);
    }

    [Fact]
    public void Unacknowledged_bytes_are_bounded()
    {
        var member = Leader(new RaftOptions { MaxInflightBytes = 3 });
        member.Do(core => core.Propose([Data("11"), Data("22"), Data("3")]));
        Assert.Equal(2, LastTo(member, N2));
        member.Hear(N2, 1, new RaftMessage.Appended(2));
        Assert.Equal(4, LastTo(member, N2));
    }

    [Fact]
    public void Proposals_are_bounded_by_what_is_not_applied_and_one_always_fits()
    {
        var member = Leader(new RaftOptions { MaxPendingBytes = 10 });
        Assert.True(member.Core.HasRoomFor(1000));
        Assert.True(member.Core.HasRoomFor(1, queued: 9));
        Assert.False(member.Core.HasRoomFor(2, queued: 9));
        member.Do(core => core.Propose([Data("12345678")]));
        Assert.True(member.Core.HasRoomFor(2));
        Assert.False(member.Core.HasRoomFor(3));
        member.Hear(N2, 1, new RaftMessage.Appended(2));
        Assert.False(member.Core.HasRoomFor(3)); // committed, not applied
        member.Core.Applied(2);
        Assert.True(member.Core.HasRoomFor(1000));
    }

    [Fact]
    public void A_heartbeat_tells_a_follower_only_what_it_acknowledged()
    {
        var member = Leader();
        member.Tick(2);
        var commits = member.Sent.ToDictionary(e => e.To, e => ((RaftMessage.Heartbeat)e.Message).Commit);
        Assert.Equal((1L, 0L), (commits[N2], commits[N3]));
    }

    [Fact]
    public void A_leader_that_hears_one_of_four_followers_steps_down()
    {
        var member = new OneMember(members: 5).BecomePreCandidate();
        var round = member.Sent.Select(e => e.Message).OfType<RaftMessage.PreVote>().Last().Round;
        member.Hear(N2, 1, new RaftMessage.PreVoteReply(true, round));
        member.Hear(N3, 1, new RaftMessage.PreVoteReply(true, round));
        member.Hear(N2, 1, new RaftMessage.Vote(true));
        member.Hear(N3, 1, new RaftMessage.Vote(true));
        Assert.Equal(RoleKind.Leader, member.Core.Role);
        for (var tick = 0; tick < 10; tick++)
        {
            Assert.Equal(RoleKind.Leader, member.Core.Role);
            member.Hear(N2, 1, new RaftMessage.HeartbeatReply(0));
            member.Tick(1);
        }

        Assert.Equal((RoleKind.Follower, PeerId.None), (member.Core.Role, member.Core.Leader));
    }

    /// <summary>Leads term 1; n2 has acknowledged the no-op, n3 has not answered.</summary>
    private static OneMember Leader(RaftOptions? options = null)
    {
        var member = new OneMember(options).BecomeLeader();
        member.Hear(N2, 1, new RaftMessage.Appended(1));
        Assert.Equal(1, member.Core.Commit);
        member.Sent.Clear();
        return member;
    }

    private static long LastTo(OneMember member, PeerId peer) => member.Sent
        .Where(e => e.To == peer).Select(e => e.Message).OfType<RaftMessage.Append>()
        .Last(append => !append.Entries.IsEmpty).Entries[^1].Index;
}
