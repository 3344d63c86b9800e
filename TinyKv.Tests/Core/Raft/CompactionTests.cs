using TinyKv.Core;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>When a member compacts its log, and how far.</summary>
public sealed class CompactionTests
{
    private static readonly RaftOptions Options = new() { MaxLogEntries = 4 };

    [Fact]
    public void Up_to_the_bound_nothing_happens()
    {
        var member = Leader(Options, entries: 3); // with the leader's own: 4
        Acknowledged(member, 4);
        member.Tick(1);

        Assert.Equal(0, member.SyncsAsked);
    }

    [Fact]
    public void Beyond_the_bound_the_engine_is_synced_then_a_checkpoint_stored_then_memory_freed()
    {
        var member = Leader(Options, entries: 5);
        Acknowledged(member, 6);
        member.Tick(3);
        Assert.Equal(1, member.SyncsAsked);
        Assert.Empty(member.Checkpoints);

        member.Do(core => core.EngineSynced(6));
        var checkpoint = Assert.Single(member.Checkpoints);
        Assert.Equal(At(6, 1), checkpoint.Initial.Truncated);
        Assert.Equal(Voters(N1, N2, N3), checkpoint.Initial.Configuration);
        Assert.Equal((1, N1), (checkpoint.Record.Term, checkpoint.Record.Vote));
        Assert.Empty(checkpoint.Record.Entries);
        Assert.Equal((1, 50), (member.Core.FirstIndex, member.Core.LogBytes));

        member.Core.Checkpointed();
        Assert.Equal((7, 0), (member.Core.FirstIndex, member.Core.LogBytes));
        Assert.Equal(At(6, 1), member.Core.Last);
    }

    [Fact]
    public void What_the_engine_applied_after_it_was_asked_stays()
    {
        var member = Leader(Options, entries: 5);
        Acknowledged(member, 6);
        member.Tick(1);
        Propose(member, 2);
        Acknowledged(member, 8);

        member.Do(core => core.EngineSynced(6));

        var checkpoint = Assert.Single(member.Checkpoints);
        Assert.Equal(6, checkpoint.Initial.Truncated.Index);
        Assert.Equal([7, 8], checkpoint.Record.Entries.Select(entry => entry.Index));
    }

    [Fact]
    public void Nothing_is_compacted_that_a_member_has_not_acknowledged()
    {
        var member = Leader(Options, entries: 9);
        member.Hear(N2, 1, new RaftMessage.Appended(10));
        member.Core.Applied(10);
        member.Tick(1);
        Assert.Equal(0, member.SyncsAsked);

        member.Hear(N3, 1, new RaftMessage.Appended(7));
        member.Tick(1);
        member.Do(core => core.EngineSynced(10));

        Assert.Equal(7, Assert.Single(member.Checkpoints).Initial.Truncated.Index);
    }

    // A crash may take from the leader what its own disk does not have yet, and the others must have it then.
    [Fact]
    public void Nothing_is_compacted_that_the_leaders_own_disk_does_not_have()
    {
        var member = Leader(Options, entries: 3);
        member.Sent.Clear();
        member.Core.Propose([new byte[10]]); // never stored
        member.Hear(N2, 1, new RaftMessage.Appended(5));
        member.Hear(N3, 1, new RaftMessage.Appended(5));
        member.Sent.Clear();
        member.Tick(Options.HeartbeatTicks);

        Assert.All(member.Sent, sent => Assert.Equal(4, Assert.IsType<RaftMessage.Heartbeat>(sent.Message).CompactIndex));
        Assert.NotEmpty(member.Sent);
    }

    [Fact]
    public void A_follower_keeps_what_its_leader_keeps()
    {
        var member = new OneMember(Options);
        member.Hear(N2, 1, new RaftMessage.Append(LogPosition.Zero, Entries(1, 1, 1, 1, 1, 1, 1, 1, 1), 8));
        member.Core.Applied(8);
        member.Tick(1);
        Assert.Equal(0, member.SyncsAsked);

        member.Hear(N2, 1, new RaftMessage.Heartbeat(8, 1, At(8, 1), CompactIndex: 5));
        member.Tick(1);
        member.Do(core => core.EngineSynced(8));

        Assert.Equal(5, Assert.Single(member.Checkpoints).Initial.Truncated.Index);
    }

    [Fact]
    public void The_leader_tells_what_every_member_has()
    {
        var member = Leader(Options, entries: 3);
        member.Hear(N2, 1, new RaftMessage.Appended(4));
        member.Hear(N3, 1, new RaftMessage.Appended(2));
        member.Sent.Clear();
        member.Tick(Options.HeartbeatTicks);

        Assert.All(member.Sent, sent => Assert.Equal(2, Assert.IsType<RaftMessage.Heartbeat>(sent.Message).CompactIndex));
        Assert.NotEmpty(member.Sent);
    }

    [Fact]
    public void A_checkpoint_never_carries_more_than_it_leaves_out()
    {
        var member = Leader(Options, entries: 9);
        Acknowledged(member, 10);
        Propose(member, 11);
        member.Tick(1);
        Assert.Equal(0, member.SyncsAsked); // 10 of 21 could go

        Acknowledged(member, 11);
        member.Tick(1);
        Assert.Equal(1, member.SyncsAsked);
    }

    [Fact]
    public void The_bytes_of_commands_have_a_bound_of_their_own()
    {
        var member = Leader(new RaftOptions { MaxLogBytes = 49 }, entries: 5);
        Acknowledged(member, 6);
        member.Tick(1);

        Assert.Equal(1, member.SyncsAsked);
    }

    [Fact]
    public void One_checkpoint_is_under_way_at_a_time()
    {
        var member = Leader(Options, entries: 5);
        Acknowledged(member, 6);
        member.Tick(1);
        member.Do(core => core.EngineSynced(6));
        Propose(member, 9);
        Acknowledged(member, 15);
        member.Tick(5);
        Assert.Equal(1, member.SyncsAsked);

        member.Core.Checkpointed();
        member.Tick(1);
        Assert.Equal(2, member.SyncsAsked);
    }

    [Fact]
    public void A_checkpoint_that_nobody_handed_out_and_a_sync_of_what_was_not_applied_are_refused()
    {
        var member = Leader(Options, entries: 5);

        Assert.Throws<InvariantViolationException>(member.Core.Checkpointed);
        Assert.Throws<InvariantViolationException>(() => member.Core.EngineSynced(3));
    }

    [Fact]
    public void A_member_made_from_a_checkpoint_is_the_same()
    {
        var member = Leader(Options, entries: 5);
        Acknowledged(member, 6);
        member.Tick(1);
        Propose(member, 2);
        member.Do(core => core.EngineSynced(6));
        var checkpoint = Assert.Single(member.Checkpoints);

        var again = new RaftCore(N1, checkpoint.Initial, Options, new Random(1));
        again.Replay(checkpoint.Record);
        again.Start(6);

        Assert.Equal((member.Core.Term, member.Core.Last, member.Core.Vote), (again.Term, again.Last, again.Vote));
        Assert.Equal(7, again.FirstIndex);
    }

    [Fact]
    public void An_engine_that_has_less_than_was_compacted_is_refused()
    {
        var initial = new InitialState(Voters(N1), At(6, 1));
        var core = new RaftCore(N1, initial, Options, new Random(1));

        Assert.Throws<InvariantViolationException>(() => core.Start(5));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(9)]
    public void A_leader_that_would_compact_more_than_it_can_know_is_refused(long compactIndex)
    {
        var member = new OneMember(Options);
        member.Hear(N2, 1, new RaftMessage.Append(LogPosition.Zero, Entries(1, 1, 1), 2));

        Assert.NotNull(member.Hear(N2, 1, new RaftMessage.Heartbeat(2, 1, At(2, 1), compactIndex)).Refused);
        Assert.NotNull(member.Hear(N2, 1, new RaftMessage.Append(At(2, 1), [], 2, compactIndex)).Refused);
    }

    // n1 leads n2 and n3 in term 1, with an entry of its own and then so many commands of 10 bytes.
    private static OneMember Leader(RaftOptions options, int entries)
    {
        var member = new OneMember(options).BecomeLeader();
        member.Hear(N2, 1, new RaftMessage.Appended(1));
        member.Hear(N3, 1, new RaftMessage.Appended(1));
        Propose(member, entries);
        return member;
    }

    private static void Propose(OneMember member, int entries) =>
        member.Do(core => core.Propose([.. Enumerable.Range(0, entries).Select(_ => (ReadOnlyMemory<byte>)new byte[10])]));

    private static void Acknowledged(OneMember member, long index)
    {
        member.Hear(N2, 1, new RaftMessage.Appended(index));
        member.Hear(N3, 1, new RaftMessage.Appended(index));
        member.Core.Applied(index);
    }
}
