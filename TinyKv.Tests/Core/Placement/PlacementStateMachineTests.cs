using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Core.Placement;

public sealed class PlacementStateMachineTests : IDisposable
{
    private static readonly Region Group = new(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, []);

    private readonly MemoryEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Ids_start_above_those_that_clusters_begin_with_and_are_given_out_once()
    {
        var machine = Machine();

        Assert.Equal(new IdsAllocated(1000), Apply(machine, new AllocateIds(3)));
        Assert.Equal(new IdsAllocated(1003), Apply(machine, new AllocateIds(1)));
    }

    [Fact]
    public void The_end_of_the_timestamps_never_falls_and_readers_see_it()
    {
        var machine = Machine();
        Assert.Equal(new PlacementView(6, 0, StoreDirectory.Empty), machine.Read(6));

        Assert.Equal(new TimestampsReserved(6, 5000), Apply(machine, new ReserveTimestamps(5000)));
        Assert.Equal(new TimestampsReserved(7, 5000), Apply(machine, new ReserveTimestamps(4000), term: 7));
        Assert.Equal(new PlacementView(7, 5000, StoreDirectory.Empty), machine.Read(7));
    }

    [Fact]
    public void What_was_written_is_the_whole_state()
    {
        var first = Machine();
        Apply(first, new AllocateIds(3));
        Apply(first, new ReserveTimestamps(5000));

        var second = Machine();

        Assert.Equal(new IdsAllocated(1003), Apply(second, new AllocateIds(1)));
        Assert.Equal(new PlacementView(6, 5000, StoreDirectory.Empty), second.Read(6));
    }

    [Fact]
    public void A_write_to_keys_is_no_command_for_placement()
    {
        var machine = Machine();
        Assert.Null(machine.Apply(new WriteCommand(1, []), 6, NoView.Instance));
    }

    private PlacementStateMachine Machine()
    {
        using var snapshot = _engine.Snapshot();
        return new PlacementStateMachine(Group, snapshot);
    }

    private object Apply(PlacementStateMachine machine, Command command, long term = 6)
    {
        var applied = machine.Apply(command, term, NoView.Instance)!.Value;
        using var batch = _engine.NewBatch();
        BatchWriter.Write(batch, applied.Writes, machine.Region);
        _engine.Write(batch, sync: false);
        return applied.Reply;
    }

    /// <summary>Placement decides from its own state.</summary>
    private sealed class NoView : IEngineView
    {
        public static NoView Instance { get; } = new();

        public ISnapshot Snapshot() => throw new InvalidOperationException("placement looks at the engine");
    }
}
