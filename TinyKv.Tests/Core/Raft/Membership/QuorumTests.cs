using CsCheck;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Tests.Core.Raft;

public sealed class QuorumTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    public void A_majority_is_more_than_half(int voters, int majority) =>
        Assert.Equal(majority, Quorum.Majority(voters));

    [Fact]
    public void A_majority_has_reached_the_value_and_none_a_greater_one() =>
        Gen.Long[0, 20].Array[1, 9].Sample(values =>
        {
            var reached = Quorum.Reached(values.ToArray());
            var majority = Quorum.Majority(values.Length);
            Assert.Contains(reached, values);
            Assert.True(values.Count(v => v >= reached) >= majority);
            Assert.True(values.Count(v => v > reached) < majority);
        });
}
