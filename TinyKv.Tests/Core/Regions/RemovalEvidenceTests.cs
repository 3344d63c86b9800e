using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class RemovalEvidenceTests
{
    private static readonly PeerId Self = new(11);

    private readonly RemovalEvidence _evidence = new(Self);

    [Fact]
    public void Two_of_the_two_others_must_say_so()
    {
        Assert.False(_evidence.Hear(RegionOf(1, 2, 3), new PeerId(12), 7));
        Assert.False(_evidence.Hear(RegionOf(1, 2, 3), new PeerId(12), 8));
        Assert.True(_evidence.Hear(RegionOf(1, 2, 3), new PeerId(13), 6));
    }

    [Fact]
    public void Three_of_four_others_are_enough_and_two_are_not()
    {
        Assert.False(_evidence.Hear(RegionOf(1, 2, 3, 4, 5), new PeerId(12), 7));
        Assert.False(_evidence.Hear(RegionOf(1, 2, 3, 4, 5), new PeerId(13), 7));
        Assert.True(_evidence.Hear(RegionOf(1, 2, 3, 4, 5), new PeerId(14), 7));
    }

    [Fact]
    public void The_only_other_voter_is_enough() => Assert.True(_evidence.Hear(RegionOf(1, 2), new PeerId(12), 7));

    [Fact]
    public void Who_speaks_as_of_an_earlier_change_may_not_know_the_replica_yet() =>
        Assert.False(_evidence.Hear(RegionOf(1, 2), new PeerId(12), 4));

    [Fact]
    public void Strangers_and_learners_do_not_count()
    {
        var region = RegionOf(1, 2, 3) with
        {
            Peers = [new Peer(Self, new StoreId(1)), new Peer(new PeerId(12), new StoreId(2)),
                new Peer(new PeerId(13), new StoreId(3), MemberRole.Learner)],
        };

        Assert.False(_evidence.Hear(region, new PeerId(99), 7));
        Assert.False(_evidence.Hear(region, new PeerId(13), 7));
        Assert.True(_evidence.Hear(region, new PeerId(12), 7));
    }

    [Fact]
    public void What_was_said_of_earlier_members_counts_no_more()
    {
        Assert.False(_evidence.Hear(RegionOf(1, 2, 3), new PeerId(12), 7));

        _evidence.Clear();

        Assert.False(_evidence.Hear(RegionOf(1, 2, 3), new PeerId(13), 7));
    }

    [Fact]
    public void Only_who_is_not_among_the_members_is_told()
    {
        var inquiry = new RaftEnvelope(Self, new PeerId(12), 9, new RaftMessage.Inquiry());

        Assert.Null(RemovalEvidence.AnswerTo(inquiry, RegionOf(1, 2)));
        Assert.Equal(new RaftEnvelope(new PeerId(12), Self, 9, new RaftMessage.Removed(5)),
            RemovalEvidence.AnswerTo(inquiry, RegionOf(2, 3)));
    }

    private static Region RegionOf(params ulong[] stores) => new(
        RegionId.First, KeyRange.All, new RegionEpoch(5, 1),
        [.. stores.Select(store => new Peer(new PeerId(10 + store), new StoreId(store)))]);
}
