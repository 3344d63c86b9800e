using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>Messages that nobody who follows the protocol sends change nothing and are reported.</summary>
public sealed class RefusalTests
{
    public static TheoryData<string, long, RaftMessage> ToALeaderOfTerm1 => new()
    {
        { "term 1 has another leader", 1, new RaftMessage.Heartbeat(0, 1) },
        { "term 1 has another leader", 1, OneMember.Append(LogPosition.Zero, []) },
        { "acknowledges 1000, sent was 1", 1, new RaftMessage.Appended(1000) },
        { "acknowledges 2, sent was 1", 1, new RaftMessage.Appended(2) },
        { "rejects 2, sent was 1", 1, new RaftMessage.Rejected(2, LogPosition.Zero) },
        { "hint 1@0 is beyond 0", 1, new RaftMessage.Rejected(0, At(1, 0)) },
        { "hint 1@2 is of a later term than 1", 1, new RaftMessage.Rejected(1, At(1, 2)) },
        { "round 77 has not begun", 1, new RaftMessage.HeartbeatReply(77) },
    };

    public static TheoryData<string, long, RaftMessage> ToAFollowerOfN2 => new()
    {
        { "term 4 has another leader", 4, new RaftMessage.Heartbeat(0, 1) },
        { "term 4 has another leader", 4, OneMember.Append(At(3, 3), []) },
        { "a vote that was not asked for", 4, new RaftMessage.Vote(Granted: true) },
        { "4@4 does not follow 2@2", 5, OneMember.Append(At(2, 2), Entries(4, 4)) },
        { "5@3 does not follow 4@4", 5, OneMember.Append(At(3, 3), Entries(4, 4, 3)) },
        { "4@6 is of a later term than 5", 5, OneMember.Append(At(3, 3), Entries(4, 6)) },
        { "4@4 is no configuration: 1 bytes are not those of members", 5,
            OneMember.Append(At(3, 3), [new(At(4, 4), EntryKind.Configuration, Data("x"))]) },
        { "4@4 is no configuration: nobody votes", 5,
            OneMember.Append(At(3, 3), [new(At(4, 4), EntryKind.Configuration, default)]) },
        { "3@6 is of a later term than 5", 5, OneMember.Append(At(3, 6), []) },
        { "1@2 contradicts 1@1, which is committed", 5, OneMember.Append(At(1, 2), []) },
        { "2@5 contradicts 2@2, which is committed", 5, OneMember.Append(At(1, 1), Entries(2, 5)) },
        { "3@3 has another content here", 5, OneMember.Append(At(2, 2), [new(At(3, 3), EntryKind.Command, Data("?"))]) },
    };

    public static TheoryData<string, long, RaftMessage> ToAnybodyInTerm4 => new()
    {
        { "term 9223372036854775807 is impossible", long.MaxValue, new RaftMessage.Heartbeat(0, 1) },
        { "term -1 is impossible", -1, new RaftMessage.Heartbeat(0, 1) },
        { "index 9223372036854775807 is impossible", 5, OneMember.Append(At(long.MaxValue, 1), []) },
        { "index -3 is impossible", 5, OneMember.Append(At(-3, 1), []) },
        { "index 9223372036854775807 is impossible", 5, OneMember.Append(LogPosition.Zero, [], long.MaxValue) },
        { "index 9223372036854775807 is impossible", 4, new RaftMessage.Appended(long.MaxValue) },
        { "index 9223372036854775807 is impossible", 4, new RaftMessage.Rejected(long.MaxValue, LogPosition.Zero) },
        { "index 9223372036854775807 is impossible", 5, new RaftMessage.Heartbeat(long.MaxValue, 1) },
        { "round 9223372036854775807 is impossible", 5, new RaftMessage.Heartbeat(0, long.MaxValue) },
        { "commit 3 is beyond 2@2, which was acknowledged", 5, new RaftMessage.Heartbeat(3, 1, At(2, 2)) },
        { "commit 3 is beyond 0@0, which was acknowledged", 5, new RaftMessage.Heartbeat(3, 1) },
        { "9@5 is not of a term before 5", 5, new RaftMessage.RequestVote(At(9, 5)) },
        { "9@9 is not of a term before 5", 5, new RaftMessage.PreVote(At(9, 9), 1) },
        { "answers term 5, which this member has not reached", 5, new RaftMessage.Appended(1) },
        { "answers term 5, which this member has not reached", 5, new RaftMessage.Rejected(1, LogPosition.Zero) },
        { "answers term 5, which this member has not reached", 5, new RaftMessage.HeartbeatReply(1) },
        { "answers term 5, which this member has not reached", 5, new RaftMessage.Vote(Granted: true) },
    };

    [Theory]
    [MemberData(nameof(ToALeaderOfTerm1))]
    public void A_leader_refuses_what_contradicts_its_leadership(string reason, long term, RaftMessage message)
    {
        var member = new OneMember().BecomeLeader();
        member.Do(core => core.Propose([Data("not sent: the probe is under way")]));
        MustRefuse(member, N3, term, message, reason);
    }

    [Theory]
    [MemberData(nameof(ToAFollowerOfN2))]
    public void A_follower_refuses_what_contradicts_its_leader_or_its_log(string reason, long term, RaftMessage message) =>
        MustRefuse(FollowerOfN2(), N3, term, message, reason);

    [Theory]
    [MemberData(nameof(ToAnybodyInTerm4))]
    public void Everybody_refuses_impossible_numbers_and_answers_to_nothing(string reason, long term, RaftMessage message) =>
        MustRefuse(FollowerOfN2(), N2, term, message, reason);

    [Fact]
    public void A_message_of_oneself_or_nobody_and_a_misdirected_one_are_refused()
    {
        var member = FollowerOfN2();
        MustRefuse(member, PeerId.None, 5, new RaftMessage.Heartbeat(0, 1), $"{PeerId.None} is no other member");
        MustRefuse(member, N1, 5, new RaftMessage.Heartbeat(0, 1), $"{N1} is no other member");
        var misdirected = member.Do(core => core.Step(new RaftEnvelope(N2, N3, 5, new RaftMessage.Heartbeat(0, 1))));
        Assert.Equal(new Refusal(N2, $"it is for {N3}, and this is {N1}"), misdirected.Refused);
    }

    [Fact]
    public void Late_and_repeated_messages_are_not_refused()
    {
        var member = new OneMember().BecomeLeader();
        member.Hear(N2, 1, new RaftMessage.Appended(1));
        RaftMessage[] late =
        [
            new RaftMessage.Appended(1), new RaftMessage.Appended(0), new RaftMessage.Rejected(0, LogPosition.Zero),
            new RaftMessage.HeartbeatReply(0), new RaftMessage.Vote(Granted: true), new RaftMessage.Vote(Granted: false),
            new RaftMessage.PreVoteReply(Granted: true, 99), new RaftMessage.RequestVote(LogPosition.Zero),
        ];
        foreach (var message in late) Assert.Null(member.Hear(N2, 1, message).Refused);
        // From a leader of the past, whose entries lost.
        var follower = FollowerOfN2();
        Assert.Null(follower.Hear(N3, 3, OneMember.Append(At(1, 1), Entries(2, 3))).Refused);
        Assert.Null(follower.Hear(N3, 3, new RaftMessage.Appended(99)).Refused);
    }

    /// <summary>n1 in term 4 with 1@1 2@2 3@3, of which the first two are committed.</summary>
    private static OneMember FollowerOfN2()
    {
        var member = new OneMember(journal: OneMember.Journal(3, 1, 2, 3));
        member.Hear(N2, 4, OneMember.Append(At(2, 2), [], commit: 2));
        member.Sent.Clear();
        return member;
    }

    private static void MustRefuse(OneMember member, PeerId from, long term, RaftMessage message, string reason)
    {
        var (core, stored) = (member.Core, member.Stored.Count);
        var before = (core.Role, core.Term, core.Leader, core.Commit, core.Last);
        var refusal = member.Hear(from, term, message).Refused;
        Assert.NotNull(refusal);
        Assert.Equal(from, refusal.From);
        Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
        Assert.Equal(before, (core.Role, core.Term, core.Leader, core.Commit, core.Last));
        Assert.Equal(stored, member.Stored.Count);
        Assert.Empty(member.Sent);
    }
}
