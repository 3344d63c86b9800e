using TinyKv.Core.Commands;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Placement;

/// <summary>
/// The state machine of the placement group: which ids are handed out, which timestamps are reserved, which stores there are.
/// </summary>
/// <param name="group">The placement group.</param>
/// <param name="snapshot">The engine, whose state is taken up.</param>
public sealed class PlacementStateMachine(Region group, ISnapshot snapshot) : IStateMachine
{
    private PlacementState _state = PlacementState.Load(snapshot);
    private StoreDirectory _stores = StoreRecords.Load(snapshot);

    /// <inheritdoc/>
    public Region Region { get; private set; } = group;

    /// <inheritdoc/>
    public void Apply(Configuration members) => Region = Region.With(members);

    /// <inheritdoc/>
    public Applied? Apply(Command command, long term, IEngineView view)
    {
        switch (command)
        {
            case AllocateIds ids:
                var first = _state.NextId;
                return Change(_state with { NextId = first + ids.Count }, new IdsAllocated(first));
            case ReserveTimestamps reservation:
                var end = Math.Max(_state.TimestampsEndMs, reservation.UntilMs);
                return Change(_state with { TimestampsEndMs = end }, new TimestampsReserved(term, end));
            case BootstrapCluster bootstrap: return Change(StoreRegistry.Bootstrap(_stores, bootstrap));
            case RegisterStore store: return Register(store);
            case UpdateStore update: return Change(StoreRegistry.Update(_stores, update));
            case SetStoreState state: return Change(StoreRegistry.SetState(_stores, state, Region));
            case SetClusterConfig config: return Change(StoreRegistry.Configure(_stores, config));
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public object Read(long term) => new PlacementView(term, _state.TimestampsEndMs, _stores);

    private Applied Change(PlacementState state, object reply)
    {
        _state = state;
        return new Applied([state.Save()], reply);
    }

    private Applied Change(object outcome)
    {
        if (outcome is not StoreDirectory after) return new Applied([], outcome);
        var writes = StoreRecords.Changes(_stores, after);
        _stores = after;
        return new Applied(writes, after);
    }

    // A store that is new takes the next id; none is taken for one that is known or refused.
    private Applied Register(RegisterStore store)
    {
        var number = _state.NextId;
        var applied = Change(StoreRegistry.Register(_stores, store, number));
        if (_stores.Find(new StoreId(number)) is null) return applied;
        _state = _state with { NextId = number + 1 };
        return applied with { Writes = [.. applied.Writes, _state.Save()] };
    }
}

/// <summary>Leadership in <paramref name="Term"/> was confirmed; all that was decided before it is in the state.</summary>
/// <param name="Term">The term.</param>
/// <param name="TimestampsEndMs">Where the reserved timestamps end.</param>
/// <param name="Stores">The stores.</param>
public sealed record PlacementView(long Term, long TimestampsEndMs, StoreDirectory Stores);
