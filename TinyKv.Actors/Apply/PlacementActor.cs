using System.Diagnostics;
using Akka.Actor;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Placement;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Apply;

/// <summary>The state machine of the placement group: which ids are handed out, which timestamps are reserved.</summary>
internal sealed class PlacementActor(IEngine engine, Region group, long initialIndex) : Applier(engine)
{
    /// <summary>Below are the numbers of the stores, regions and peers that a cluster begins with.</summary>
    public const ulong FirstId = 1000;

    private ulong _nextId = FirstId;
    private long _timestampsEnd;

    /// <summary>What makes the actor.</summary>
    public static Props Props(IEngine engine, Region group, long initialIndex) =>
        Akka.Actor.Props.Create(() => new PlacementActor(engine, group, initialIndex));

    /// <inheritdoc/>
    protected override Region Region => group;

    /// <inheritdoc/>
    protected override long Load(ISnapshot snapshot)
    {
        if (MetaRecords.ReadPlacement(snapshot) is { } state) (_nextId, _timestampsEnd) = state;
        return MetaRecords.ReadApplied(snapshot, RegionId.Placement) ?? initialIndex;
    }

    /// <inheritdoc/>
    protected override object Execute(Entry command, ApplyTurn turn)
    {
        var placement = PlacementCommandCodec.Decode(command.Data);
        switch (placement.BodyCase)
        {
            case PlacementCommand.BodyOneofCase.AllocateIds:
                var first = _nextId;
                _nextId += placement.AllocateIds.Count;
                return new IdsAllocated(first);
            case PlacementCommand.BodyOneofCase.ReserveTimestamps:
                _timestampsEnd = Math.Max(_timestampsEnd, placement.ReserveTimestamps.UntilMs);
                return new TimestampsReserved(command.Term, _timestampsEnd);
            default:
                throw new UnreachableException($"placement: entry {command.Position} was decoded");
        }
    }

    /// <inheritdoc/>
    protected override void Save(long applied, IWriteBatch batch)
    {
        MetaRecords.WritePlacement(batch, _nextId, _timestampsEnd);
        MetaRecords.WriteApplied(batch, RegionId.Placement, applied);
    }

    /// <inheritdoc/>
    protected override object Answer(long term) => new PlacementView(term, _timestampsEnd);
}

/// <summary>The ids from <paramref name="First"/> on belong to whoever asked.</summary>
internal sealed record IdsAllocated(ulong First);

/// <summary>A reservation that was proposed in <paramref name="Term"/> is applied.</summary>
internal sealed record TimestampsReserved(long Term, long EndMs);

/// <summary>Leadership in <paramref name="Term"/> was confirmed; all reservations before it are in the state.</summary>
internal sealed record PlacementView(long Term, long TimestampsEndMs);
