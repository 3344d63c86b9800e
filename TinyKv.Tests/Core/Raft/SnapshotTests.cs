using TinyKv.Core;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

/// <summary>When a snapshot takes the place of a log, and when not.</summary>
public sealed class SnapshotTests
{
    // What it has acknowledged may be committed with its help, and it does not know yet.
    [Fact]
    public void Entries_that_were_acknowledged_are_not_replaced_by_a_snapshot_of_what_they_follow()
    {
        var member = new OneMember();
        member.Hear(N2, 2, OneMember.Append(LogPosition.Zero, Entries(1, 1, 1, 2, 2)));
        Assert.Equal(0, member.Core.Commit);

        Assert.False(member.Core.CanInstall(At(3, 2)));
        Assert.Throws<InvariantViolationException>(() => member.Core.Installed(At(3, 2), Voters(N1, N2)));
    }

    [Fact]
    public void Entries_that_nobody_can_have_committed_are_replaced()
    {
        var member = new OneMember();
        member.Hear(N2, 1, OneMember.Append(LogPosition.Zero, Entries(1, 1, 1, 1, 1)));
        member.Hear(N3, 2, new RaftMessage.SnapshotOffer(At(3, 2)));
        Assert.True(member.Core.CanInstall(At(3, 2)));

        var effects = member.Do(core => core.Installed(At(3, 2), Voters(N1, N2)));

        Assert.Equal((4L, At(3, 2), 3L), (member.Core.FirstIndex, member.Core.Last, member.Core.Commit));
        Assert.Equal(At(3, 2), effects.Checkpoint!.Initial.Truncated);
        Assert.Equal(Voters(N1, N2), effects.Checkpoint.Initial.Configuration);
        Assert.Equal((2, PeerId.None), (effects.Checkpoint.Record.Term, effects.Checkpoint.Record.Vote));
        Assert.Equal(Voters(N1, N2), effects.Configuration);
    }

    [Fact]
    public void Nothing_is_acknowledged_until_the_checkpoint_of_a_snapshot_is_durable()
    {
        var member = new OneMember();
        member.Hear(N3, 2, new RaftMessage.SnapshotOffer(At(3, 2)));
        member.Do(core => core.Installed(At(3, 2), Voters(N1, N2)));
        member.Sent.Clear();

        member.Hear(N3, 2, new RaftMessage.SnapshotOffer(At(3, 2)));
        member.Hear(N3, 2, OneMember.Append(At(3, 2), []));
        Assert.Empty(member.Sent);

        member.Do(core => core.Checkpointed());
        Assert.Equal(new RaftMessage.Appended(3), member.Only().Message);
    }

    [Fact]
    public void A_new_leader_is_not_told_of_a_snapshot_that_another_has_offered()
    {
        var member = new OneMember();
        member.Hear(N3, 2, new RaftMessage.SnapshotOffer(At(3, 2)));
        member.Do(core => core.Installed(At(3, 2), Voters(N1, N2)));
        member.Hear(N2, 3, new RaftMessage.Heartbeat(0, 1));
        member.Sent.Clear();

        member.Do(core => core.Checkpointed());

        Assert.Empty(member.Sent);
    }

    [Fact]
    public void A_snapshot_whose_checkpoint_a_crash_has_taken_is_made_up_for_before_the_start()
    {
        var core = new RaftCore(N1, new InitialState(Voters(N1, N2), At(5, 5)), new RaftOptions(), new Random(1));
        core.Replay(new RaftRecord(8, N2, Entries(6, 6)));

        var checkpoint = core.Recover(At(9, 7), Voters(N1, N3))!;

        Assert.Equal((At(9, 7), Voters(N1, N3)), (checkpoint.Initial.Truncated, checkpoint.Initial.Configuration));
        Assert.Equal((8, N2, 0), (checkpoint.Record.Term, checkpoint.Record.Vote, checkpoint.Record.Entries.Length));
        core.Start(9);
        Assert.Equal((10L, At(9, 7), 9L), (core.FirstIndex, core.Last, core.Commit));
    }

    [Fact]
    public void A_journal_that_begins_behind_a_snapshot_needs_no_other_checkpoint()
    {
        var core = new RaftCore(N1, new InitialState(Voters(N1, N2), At(9, 7)), new RaftOptions(), new Random(1));

        Assert.Null(core.Recover(At(9, 7), Voters(N1, N2)));
    }

    // Its vote in the lost term may be lost, too.
    [Fact]
    public void A_journal_that_has_lost_the_term_of_a_snapshot_is_not_made_up_for()
    {
        var core = new RaftCore(N1, new InitialState(Voters(N1, N2), At(5, 5)), new RaftOptions(), new Random(1));

        Assert.Throws<InvariantViolationException>(() => core.Recover(At(9, 7), Voters(N1, N2)));
    }

    [Fact]
    public void A_checkpoint_that_a_snapshot_has_overtaken_compacts_nothing()
    {
        var member = new OneMember(new RaftOptions { MaxLogEntries = 2 });
        member.Hear(N2, 1, new RaftMessage.Append(LogPosition.Zero, Entries(1, 1, 1, 1, 1), 4));
        member.Hear(N2, 1, new RaftMessage.Heartbeat(4, 1, At(4, 1), CompactIndex: 4));
        member.Core.Applied(4);
        member.Tick(1);
        member.Do(core => core.EngineSynced(4));
        Assert.Single(member.Checkpoints);

        member.Hear(N2, 1, new RaftMessage.SnapshotOffer(At(9, 1)));
        member.Do(core => core.Installed(At(9, 1), Voters(N1, N2)));
        member.Do(core => core.Checkpointed());
        Assert.Equal(10, member.Core.FirstIndex);
        member.Do(core => core.Checkpointed());
        Assert.Equal((10L, At(9, 1)), (member.Core.FirstIndex, member.Core.Last));
    }
}
