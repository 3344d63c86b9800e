using TinyKv.Core;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>What holds in every role.</summary>
public sealed class RaftCoreTests
{
    private static readonly RaftMessage[] OneOfEach =
    [
        new RaftMessage.PreVote(At(9, 0), 1),
        new RaftMessage.PreVoteReply(true, 0),
        new RaftMessage.PreVoteReply(false, 0),
        new RaftMessage.RequestVote(At(9, 0)),
        new RaftMessage.Vote(true),
        new RaftMessage.Vote(false),
        new RaftMessage.Append(LogPosition.Zero, [], 0),
        new RaftMessage.Appended(0),
        new RaftMessage.Rejected(0, LogPosition.Zero),
        new RaftMessage.Heartbeat(0, 1),
        new RaftMessage.HeartbeatReply(0),
        new RaftMessage.TimeoutNow(At(9, 0)),
        new RaftMessage.SnapshotOffer(At(9, 0)),
        new RaftMessage.Inquiry(),
        new RaftMessage.Removed(1),
    ];

    public static TheoryData<RoleKind> Roles => [.. Enum.GetValues<RoleKind>()];

    [Fact]
    public void The_samples_are_of_every_kind_of_message() =>
        Assert.Equal(
            typeof(RaftMessage).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(RaftMessage))).ToHashSet(),
            OneOfEach.Select(m => m.GetType()).ToHashSet());

    [Theory]
    [MemberData(nameof(Roles))]
    public void Every_role_knows_every_message_of_older_own_and_newer_terms(RoleKind role)
    {
        foreach (var message in OneOfEach)
        {
            foreach (var difference in (long[])[-1, 0, 1])
            {
                var member = new OneMember().Become(role);
                var term = member.Core.Term;
                member.Hear(N3, term + difference, message);
                Assert.InRange(member.Core.Term, term, term + 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void A_newer_term_makes_a_follower_of_every_role(RoleKind role)
    {
        var member = new OneMember().Become(role);
        member.Hear(N3, 7, new RaftMessage.HeartbeatReply(0));
        Assert.Equal((RoleKind.Follower, 7L), (member.Core.Role, member.Core.Term));
        Assert.Equal(PeerId.None, member.Core.Leader);
        Assert.Equal(new RaftRecord(7, PeerId.None, []), member.Stored[^1] with { Entries = [] });
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void A_poll_never_changes_the_term(RoleKind role)
    {
        var member = new OneMember().Become(role);
        var (term, kind) = (member.Core.Term, member.Core.Role);
        member.Hear(N3, 50, new RaftMessage.PreVote(At(9, 9), 1));
        member.Hear(N3, 50, new RaftMessage.PreVoteReply(Granted: true, 77));
        Assert.Equal((kind, term), (member.Core.Role, member.Core.Term));
    }

    [Fact]
    public void An_input_without_effects_allocates_none() =>
        Assert.Same(Effects.None, new OneMember().Do(core => core.Tick()));

    [Fact]
    public void Effects_are_handed_out_once()
    {
        var core = OneOf(3);
        core.Start(0);
        var polls = core.Campaign();
        Assert.Equal(2, polls.SendNow.Length);
        Assert.NotNull(polls.Changed);
        Assert.Same(Effects.None, core.Tick());
    }

    [Fact]
    public void Only_a_leader_takes_proposals_and_reads()
    {
        var core = new OneMember().Core;
        Assert.Throws<InvalidOperationException>(() => core.Propose([Data("x")]));
        Assert.Throws<InvalidOperationException>(() => core.ReadIndex([1]));
    }

    [Fact]
    public void A_restart_finds_term_vote_and_log_as_they_were_recorded()
    {
        var core = OneOf(3);
        core.Replay(new RaftRecord(1, N2, Entries(1, 1, 1, 1)));
        core.Replay(new RaftRecord(3, N3, Entries(2, 2)));
        Assert.Same(Effects.None, core.Start(1));
        Assert.Equal((3L, At(2, 2), 1L, 2L), (core.Term, core.Last, core.Commit, core.LogBytes));

        core.Step(new RaftEnvelope(N2, N1, 3, new RaftMessage.RequestVote(At(9, 2))));
        Assert.Equal(PeerId.None, core.Leader);
        var again = core.Step(new RaftEnvelope(N3, N1, 3, new RaftMessage.RequestVote(At(9, 2))));
        Assert.Equal(new RaftMessage.Vote(Granted: true), Assert.Single(again.SendDurable).Message);
        Assert.Null(again.Store); // the vote was stored before the restart
    }

    [Fact]
    public void A_member_that_is_born_behind_a_truncated_log_is_in_its_last_term()
    {
        var initial = new InitialState(Voters(N1), At(5, 4));
        var core = new RaftCore(N1, initial, new RaftOptions(), new Random(1));
        var effects = core.Start(5);
        Assert.Equal((6L, At(6, 5)), (core.FirstIndex, core.Last));
        Assert.Equal(new LeadershipChange(RoleKind.Leader, 5, N1), effects.Changed);
        Assert.Equal(At(6, 5), Assert.Single(core.Stored().Apply).Position);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_state_machine_that_does_not_fit_the_log_stops_the_member(long applied)
    {
        var core = OneOf(3);
        core.Replay(OneMember.Journal(1, 1, 1, 1));
        Assert.Throws<InvariantViolationException>(() => core.Start(applied));
    }

    [Fact]
    public void A_group_of_one_stores_its_election_in_one_record_and_commits_when_it_is_stored()
    {
        var core = OneOf(1);
        var start = core.Start(0);
        Assert.Equal((1L, N1), (start.Store!.Term, start.Store.Vote));
        Assert.Equal(EntryKind.NoOp, Assert.Single(start.Store.Entries).Kind);
        Assert.Empty(start.Apply);
        Assert.Equal(start.Store.Entries.AsEnumerable(), core.Stored().Apply.AsEnumerable());
    }

    private static RaftCore OneOf(int members) =>
        new(N1, new InitialState(Voters(Of(members)), LogPosition.Zero), new RaftOptions(), new Random(1));
}
