using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Regions;

public sealed class HeldPollsTests
{
    private readonly HeldPolls _polls = new();

    [Fact]
    public void Of_each_sender_the_last_poll_or_request_for_a_vote_is_held_until_it_is_taken()
    {
        var poll = new RaftMessage.PreVote(default, 1);
        var (first, last) = (Message(7, 1, poll), Message(7, 1, new RaftMessage.RequestVote(default)));
        var (other, elsewhere) = (Message(7, 2, poll), Message(8, 1, poll));

        Assert.All(new[] { first, other, last, elsewhere }, message => Assert.True(_polls.TryHold(message)));

        Assert.Equal([last, other], _polls.Take(new RegionId(7)));
        Assert.Empty(_polls.Take(new RegionId(7)));
        Assert.Equal([elsewhere], _polls.Take(new RegionId(8)));
    }

    [Fact]
    public void Nothing_else_is_held() =>
        Assert.False(_polls.TryHold(Message(7, 1, new RaftMessage.SnapshotOffer(default))));

    [Fact]
    public void Polls_of_regions_that_never_come_take_no_more_than_so_much_room()
    {
        for (var region = 1UL; region <= 10_001; region++)
            _polls.TryHold(Message(region, 1, new RaftMessage.PreVote(default, 1)));

        Assert.Empty(_polls.Take(new RegionId(1)));
        Assert.Single(_polls.Take(new RegionId(10_001)));
    }

    private static InboundRaftMessage Message(ulong region, ulong from, RaftMessage message) => new(
        new RegionId(region), new StoreId(from), new RaftEnvelope(new PeerId(from), new PeerId(9), 6, message));
}
