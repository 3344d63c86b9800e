using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Core.Commands;

public sealed class KvStateMachineTests : IDisposable, IEngineView
{
    private static readonly Region Region = new(
        RegionId.First, new KeyRange("b"u8.ToArray(), "m"u8.ToArray()), RegionEpoch.Initial,
        [new Peer(new PeerId(1), new StoreId(1))]);

    private readonly MemoryEngine _engine = new();
    private readonly KvStateMachine _machine = new(Region);
    private int _views;

    public void Dispose() => _engine.Dispose();

    public ISnapshot Snapshot()
    {
        _views++;
        return _engine.Snapshot();
    }

    [Fact]
    public void A_write_leads_to_what_it_asks_for_without_a_look_at_the_engine()
    {
        var batch = Batch("c");

        var applied = Apply(new WriteCommand(1, batch));

        Assert.Same(batch, applied.Writes);
        Assert.Same(Written.Instance, applied.Reply);
        Assert.Equal(0, _views);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("m")]
    public void A_key_outside_the_region_refuses_the_whole_batch(string outside)
    {
        var applied = Apply(new WriteCommand(1, [.. Batch("c"), .. Batch(outside)]));

        Assert.Empty(applied.Writes);
        Assert.IsType<RegionError.KeyNotInRegion>(applied.Reply);
    }

    [Fact]
    public void A_split_leaves_what_is_below_its_key()
    {
        var split = Assert.IsType<RegionSplit>(Apply(new SplitRegion(
            RegionEpoch.Initial, "g"u8.ToArray(), new RegionId(9), [new PeerId(10)])).Reply);

        Assert.Equal(split.Parent, _machine.Region);
        Assert.Equal(new KeyRange("b"u8.ToArray(), "g"u8.ToArray()), split.Parent.Range);
        Assert.IsType<RegionError.EpochNotMatch>(Apply(new WriteCommand(1, Batch("c"))).Reply);
        Assert.IsType<RegionError.KeyNotInRegion>(Apply(new WriteCommand(2, Batch("h"))).Reply);
    }

    [Fact]
    public void A_split_that_is_refused_changes_nothing()
    {
        var applied = Apply(new SplitRegion(new RegionEpoch(2, 1), "g"u8.ToArray(), new RegionId(9), [new PeerId(10)]));

        Assert.IsType<RegionError.EpochNotMatch>(applied.Reply);
        Assert.Equal(Region, _machine.Region);
    }

    [Fact]
    public void A_write_that_was_checked_against_another_version_of_the_region_is_refused()
    {
        var applied = Apply(new WriteCommand(2, Batch("c")));

        Assert.Empty(applied.Writes);
        Assert.Equal(Region, Assert.Single(Assert.IsType<RegionError.EpochNotMatch>(applied.Reply).Current));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public void A_condition_decides_by_what_the_engine_holds(string? expected, bool holds)
    {
        var value = expected is null ? null : (ReadOnlyMemory<byte>?)System.Text.Encoding.UTF8.GetBytes(expected);

        var applied = Apply(new WriteCommand(1, Batch("c"), new Condition(ColumnFamily.Default, "c"u8.ToArray(), value)));

        Assert.Equal(new ConditionOutcome(holds, null), applied.Reply);
        Assert.Equal(holds ? 1 : 0, applied.Writes.Count);
        Assert.Equal(1, _views);
    }

    [Fact]
    public void A_condition_on_a_key_outside_the_region_is_refused()
    {
        var applied = Apply(new WriteCommand(1, [], new Condition(ColumnFamily.Default, "z"u8.ToArray(), null)));

        Assert.IsType<RegionError.KeyNotInRegion>(applied.Reply);
    }

    [Fact]
    public void A_command_of_placement_is_none_for_a_region_with_data() =>
        Assert.Null(_machine.Apply(new AllocateIds(1), 6, this));

    [Fact]
    public void Readers_are_told_the_region() => Assert.Equal(new Readable(Region), _machine.Read(6));

    private Applied Apply(Command command) => _machine.Apply(command, 6, this)!.Value;

    private static Modify[] Batch(string key) =>
        [new Modify.Put(ColumnFamily.Default, System.Text.Encoding.UTF8.GetBytes(key), "v"u8.ToArray())];
}
