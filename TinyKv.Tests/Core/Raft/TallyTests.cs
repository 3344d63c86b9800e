using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class TallyTests
{
    private readonly Tally _tally = new(Peers.Voters(Peers.Of(5)));

    [Fact]
    public void An_election_is_won_with_a_majority_and_not_before()
    {
        Record((1, true), (2, true));
        Assert.Equal(Verdict.Open, _tally.Verdict);
        Record((3, true));
        Assert.Equal(Verdict.Won, _tally.Verdict);
    }

    [Fact]
    public void Two_refusals_of_five_do_not_end_an_election_and_three_do()
    {
        Record((1, true), (2, false), (3, false));
        Assert.Equal(Verdict.Open, _tally.Verdict);
        Record((4, false));
        Assert.Equal(Verdict.Lost, _tally.Verdict);
    }

    [Fact]
    public void A_member_counts_once_however_often_it_answers()
    {
        Record((1, true), (2, true), (2, true), (2, true));
        Assert.Equal(Verdict.Open, _tally.Verdict);
    }

    [Fact]
    public void A_granted_vote_outweighs_a_refusal_of_the_same_member_in_either_order()
    {
        Record((1, true), (2, false), (2, true), (3, true), (3, false));
        Assert.Equal(Verdict.Won, _tally.Verdict);
    }

    private void Record(params (ulong Voter, bool Granted)[] votes)
    {
        foreach (var (voter, granted) in votes) _tally.Record(new PeerId(voter), granted);
    }
}
