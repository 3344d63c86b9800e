using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Placement;

public sealed class StoreHealthTests
{
    private static readonly StoreStats Stats = new(1, 2, 3, 4, 5, 6);
    private static readonly StoreId[] First = [new(1)];

    private readonly StoreHealth _health = new(new HealthLimits(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(30)));

    [Theory]
    [InlineData(0, StoreCondition.Up)]
    [InlineData(19, StoreCondition.Up)]
    [InlineData(20, StoreCondition.Disconnected)]
    [InlineData(1799, StoreCondition.Disconnected)]
    [InlineData(1800, StoreCondition.Down)]
    public void A_store_is_called_by_how_long_it_was_not_heard(int silence, StoreCondition expected)
    {
        _health.Lead(1, First, TimeSpan.Zero);
        _health.Hear(new StoreId(1), Stats, TimeSpan.FromSeconds(100));

        Assert.Equal(expected, _health.ConditionOf(Store(StoreState.Up), TimeSpan.FromSeconds(100 + silence)));
    }

    [Fact]
    public void What_is_decided_of_a_store_counts_more_than_whether_it_is_heard()
    {
        _health.Lead(1, First, TimeSpan.Zero);

        Assert.Equal(StoreCondition.Offline, _health.ConditionOf(Store(StoreState.Offline), TimeSpan.FromHours(1)));
        Assert.Equal(StoreCondition.Tombstone, _health.ConditionOf(Store(StoreState.Tombstone), TimeSpan.FromHours(1)));
    }

    [Fact]
    public void A_new_leader_gives_every_store_the_time_of_one_that_was_just_heard()
    {
        _health.Lead(1, First, TimeSpan.Zero);
        _health.Hear(new StoreId(1), Stats, TimeSpan.Zero);

        _health.Lead(2, First, TimeSpan.FromHours(1));

        Assert.Equal(StoreCondition.Up, _health.ConditionOf(Store(StoreState.Up), TimeSpan.FromHours(1)));
        Assert.Null(_health.StatsOf(new StoreId(1)));
        Assert.Equal(StoreCondition.Disconnected,
            _health.ConditionOf(Store(StoreState.Up), TimeSpan.FromHours(1) + TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_store_that_joins_under_a_leader_is_given_the_time_of_one_that_was_just_heard()
    {
        _health.Lead(1, First, TimeSpan.Zero);

        _health.Lead(1, [new StoreId(1), new StoreId(1000)], TimeSpan.FromHours(1));

        Assert.Equal(StoreCondition.Down, _health.ConditionOf(Store(StoreState.Up), TimeSpan.FromHours(1)));
        Assert.Equal(StoreCondition.Up, _health.ConditionOf(Store(StoreState.Up, 1000), TimeSpan.FromHours(1)));
        Assert.Equal(StoreCondition.Disconnected,
            _health.ConditionOf(Store(StoreState.Up, 1000), TimeSpan.FromHours(1) + TimeSpan.FromSeconds(20)));
    }

    private static StoreInfo Store(StoreState state, ulong id = 1) => new()
    {
        Id = new StoreId(id),
        Directory = new DirectoryId(1),
        Addresses = new StoreAddresses("a", 1, 2, 3, 4),
        State = state,
    };
}
