using TinyKv.Core.Raft;
using TinyKv.Simulation.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>How far others may raise a member's term.</summary>
public sealed class TermAllowanceTests
{
    private const long Far = RaftLimits.MaxTermStep + 1;

    [Fact]
    public void One_message_raises_the_term_by_a_bounded_step()
    {
        var member = MemberOfTerm4();

        var effects = member.Hear(N3, 4 + Far, new RaftMessage.Heartbeat(0, 1));

        Assert.Contains("too far", effects.Refused!.Reason, StringComparison.Ordinal);
        Assert.Equal((4 + RaftLimits.MaxTermStep, PeerId.None), (member.Core.Term, member.Core.Leader));
    }

    [Fact]
    public void Many_messages_raise_it_no_further_until_time_passes()
    {
        var member = MemberOfTerm4();
        for (var i = 0; i < 100; i++)
            Assert.NotNull(member.Hear(N3, RaftLimits.MaxNumber, new RaftMessage.Vote(Granted: false)).Refused);
        Assert.Equal(4 + RaftLimits.MaxTermStep, member.Core.Term);
        var records = member.Stored.Count;

        Assert.NotNull(member.Hear(N3, 4 + Far, new RaftMessage.Heartbeat(0, 1)).Refused);
        Assert.Equal(records, member.Stored.Count);
        member.Tick(1);
        Assert.Null(member.Hear(N3, 4 + Far, new RaftMessage.Heartbeat(0, 1)).Refused);

        Assert.Equal((4 + Far, N3), (member.Core.Term, member.Core.Leader));
    }

    // Each is written to the journal.
    [Fact]
    public void Small_steps_are_bounded_in_number()
    {
        var member = MemberOfTerm4();
        for (var i = 0; i < 10_000; i++) member.Hear(N3, member.Core.Term + 1, new RaftMessage.Vote(Granted: false));
        Assert.Equal(4 + 1024, member.Core.Term);

        member.Tick(1);
        for (var i = 0; i < 10_000; i++) member.Hear(N3, member.Core.Term + 1, new RaftMessage.Vote(Granted: false));

        // In a tick comes back what 25 steps take: of 1,024 a fortieth, as an election timeout has ten ticks.
        Assert.Equal(4 + 1024 + 25, member.Core.Term);
    }

    [Fact]
    public void What_time_allows_does_not_pile_up()
    {
        var member = MemberOfTerm4();
        member.Tick(10_000);
        var before = member.Core.Term;

        member.Hear(N3, RaftLimits.MaxNumber, new RaftMessage.Vote(Granted: false));

        Assert.Equal(before + RaftLimits.MaxTermStep, member.Core.Term);
    }

    [Theory]
    [InlineData(false, 100, 10)]
    [InlineData(true, 100, 10)]
    [InlineData(false, 5000, 10)]
    [InlineData(true, 5000, 10)]
    [InlineData(false, 20_000, 100)]
    [InlineData(true, 20_000, 100)]
    public void Members_that_were_driven_apart_meet_again_in_the_time_that_it_took(
        bool drivenHasTheLongerLog, int ticks, int electionTicks)
    {
        var options = new RaftOptions { ElectionTicks = electionTicks };
        var underWay = new Queue<RaftEnvelope>();
        Victim[] members = [Member(N1, options, underWay), Member(N2, options, underWay)];
        var (driven, other) = (members[0], members[1]);
        var longer = drivenHasTheLongerLog ? driven : other;
        longer.Do(core => core.Step(new RaftEnvelope(N3, longer.Id, 1, OneMember.Append(LogPosition.Zero, Entries(1, 1)))));
        for (var i = 0; i < ticks; i++)
        {
            foreach (var member in members) member.Tick();
            driven.Do(core => core.Step(new RaftEnvelope(N3, N1, RaftLimits.MaxNumber, new RaftMessage.Vote(Granted: false))));
            foreach (var member in members) member.CompleteWrites(int.MaxValue);
            underWay.Clear(); // they do not hear each other
        }
        var max = RaftLimits.MaxTermStep + (ticks * RaftLimits.TermsPerTick(options));
        Assert.InRange(driven.Core.Term - other.Core.Term, Far, max);

        var elections = 20 * electionTicks;
        for (var i = 0; i < ticks + elections && Array.TrueForAll(members, m => m.Core.Role != RoleKind.Leader); i++)
            Round(members, underWay);

        Assert.Equal(RoleKind.Leader, longer.Core.Role);
    }

    [Fact]
    public void At_the_last_term_nobody_campaigns()
    {
        var member = new OneMember(journal: OneMember.Journal(RaftLimits.MaxNumber, 1));
        member.Tick(100);
        Assert.Equal((RoleKind.Follower, RaftLimits.MaxNumber), (member.Core.Role, member.Core.Term));
        Assert.Empty(member.Sent);
    }

    /// <summary>n1, which has never heard of n2 or n3.</summary>
    private static OneMember MemberOfTerm4() => new(journal: OneMember.Journal(4, 1));

    private static Victim Member(PeerId id, RaftOptions options, Queue<RaftEnvelope> underWay)
    {
        var member = new Victim(
            id, new InitialState(Voters(Of(3)), default), options, new Random((int)id.Value), underWay.Enqueue);
        member.Start();
        return member;
    }

    private static void Round(Victim[] members, Queue<RaftEnvelope> underWay)
    {
        foreach (var member in members) member.Tick();
        do
        {
            foreach (var member in members) member.CompleteWrites(int.MaxValue);
            while (underWay.TryDequeue(out var envelope))
                Array.Find(members, m => m.Id == envelope.To)?.Do(core => core.Step(envelope));
            foreach (var member in members) member.CompleteWrites(int.MaxValue);
        }
        while (underWay.Count > 0);
    }
}
