using TinyKv.Core.Commands;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Placement;

/// <summary>The state machine of the placement group: which ids are handed out, which timestamps are reserved.</summary>
/// <param name="group">The placement group.</param>
/// <param name="snapshot">The engine, whose state is taken up.</param>
public sealed class PlacementStateMachine(Region group, ISnapshot snapshot) : IStateMachine
{
    private PlacementState _state = PlacementState.Load(snapshot);

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
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public object Read(long term) => new PlacementView(term, _state.TimestampsEndMs);

    private Applied Change(PlacementState state, object reply)
    {
        _state = state;
        return new Applied([state.Save()], reply);
    }
}

/// <summary>Leadership in <paramref name="Term"/> was confirmed; all reservations before it are in the state.</summary>
public sealed record PlacementView(long Term, long TimestampsEndMs);
