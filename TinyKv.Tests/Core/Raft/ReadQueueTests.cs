using TinyKv.Core;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class ReadQueueTests
{
    [Fact]
    public void A_round_confirms_the_reads_that_waited_for_it_or_an_earlier_one()
    {
        var reads = new ReadQueue();
        reads.Add(new ReadGrant(1, 10), round: 1);
        reads.Add(new ReadGrant(2, 10), round: 2);
        reads.Add(new ReadGrant(3, 11), round: 3);

        Assert.Equal([new ReadGrant(1, 10), new ReadGrant(2, 10)], reads.TakeConfirmed(2));
        Assert.Equal(3, reads.OldestRound);
        Assert.Empty(reads.TakeConfirmed(2));
        Assert.Equal([new ReadGrant(3, 11)], reads.TakeConfirmed(7));
        Assert.Null(reads.OldestRound);
    }

    [Fact]
    public void A_read_cannot_wait_for_an_earlier_round_than_the_one_before()
    {
        var reads = new ReadQueue();
        reads.Add(new ReadGrant(1, 1), round: 2);
        Assert.Throws<InvariantViolationException>(() => reads.Add(new ReadGrant(2, 1), round: 1));
    }
}
