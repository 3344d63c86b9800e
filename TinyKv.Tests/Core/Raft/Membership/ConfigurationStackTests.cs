using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using static TinyKv.Tests.Core.Raft.Membership.ConfChangeTests;

namespace TinyKv.Tests.Core.Raft.Membership;

public sealed class ConfigurationStackTests
{
    private static readonly Configuration One = Members("1/1");
    private static readonly Configuration Two = Members("1/1 2/2");
    private static readonly Configuration Three = Members("1/1 2/2 3/3");

    private readonly ConfigurationStack _stack = new(5, One);

    public ConfigurationStackTests()
    {
        _stack.Push(8, Two);
        _stack.Push(12, Three);
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(11, 2)]
    [InlineData(12, 3)]
    [InlineData(99, 3)]
    public void A_configuration_is_in_force_from_its_entry_on(long index, int members) =>
        Assert.Equal(members, _stack.At(index).Members.Length);

    [Theory]
    [InlineData(13, 12, 3)]
    [InlineData(12, 8, 2)]
    [InlineData(9, 8, 2)]
    [InlineData(8, 5, 1)]
    [InlineData(6, 5, 1)]
    public void A_configuration_goes_when_its_entry_is_replaced(long truncated, long index, int members)
    {
        _stack.Truncate(truncated);

        Assert.Equal((index, members), (_stack.Index, _stack.Current.Members.Length));
    }

    [Theory]
    [InlineData(7, 1, true)]
    [InlineData(8, 2, true)]
    [InlineData(11, 2, true)]
    [InlineData(12, 3, false)]
    public void Compaction_keeps_the_configuration_that_is_in_force_where_the_log_begins(
        long compacted, int members, bool hasPrevious)
    {
        _stack.Compact(compacted);

        Assert.Equal(members, _stack.At(compacted).Members.Length);
        Assert.Equal(Three, _stack.Current);
        Assert.Equal(hasPrevious, _stack.Previous is not null);
    }

    [Fact]
    public void What_is_before_the_beginning_of_the_log_is_not_replaced()
    {
        _stack.Compact(12);
        _stack.Truncate(1);

        Assert.Equal(Three, _stack.Current);
    }

    [Fact]
    public void Who_was_removed_is_known_until_the_log_is_compacted()
    {
        _stack.Push(20, One);
        Assert.NotNull(_stack.Find(new PeerId(3)));

        _stack.Compact(20);
        Assert.Null(_stack.Find(new PeerId(3)));
    }

    [Fact]
    public void Configurations_come_in_the_order_of_the_log() =>
        Assert.Throws<InvariantViolationException>(() => _stack.Push(12, Two));
}
