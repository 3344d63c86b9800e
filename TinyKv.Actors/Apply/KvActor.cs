using Akka.Actor;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Kv;

namespace TinyKv.Actors.Apply;

/// <summary>
/// Applies the committed writes of a region with data to the engine, and tells readers when the engine holds what
/// they must see. A write was checked on the leader already, but against the region as it was then: the same checks
/// decide again here, equally on every replica.
/// </summary>
internal sealed class KvActor : Applier
{
    private readonly long _initialIndex;
    private Region _region;
    private Region? _saved;

    public KvActor(IEngine engine, Region initial, long initialIndex) : base(engine)
    {
        _region = initial;
        _initialIndex = initialIndex;
    }

    /// <summary>What makes the actor.</summary>
    /// <param name="engine">The store's engine.</param>
    /// <param name="initial">The region as it was created.</param>
    /// <param name="initialIndex">The index that it begins at.</param>
    public static Props Props(IEngine engine, Region initial, long initialIndex) =>
        Akka.Actor.Props.Create(() => new KvActor(engine, initial, initialIndex));

    /// <inheritdoc/>
    protected override Region Region => _region;

    /// <inheritdoc/>
    protected override long Load(ISnapshot snapshot)
    {
        _region = MetaRecords.ReadDescriptor(snapshot, _region.Id) ?? _region;
        return MetaRecords.ReadApplied(snapshot, _region.Id) ?? _initialIndex;
    }

    /// <inheritdoc/>
    protected override object Execute(Entry command, ApplyTurn turn)
    {
        var kv = KvCommandCodec.Decode(command.Data);
        if (kv.RegionVersion != _region.Epoch.Version) return new RegionError.EpochNotMatch([_region]);
        if (Admission.KeyOutside(_region, kv.Batch, kv.Condition) is { } refusal) return refusal;
        if (kv.Condition is not { } condition)
        {
            kv.Batch.WriteTo(turn.Batch, _region);
            return Written.Instance;
        }
        using var view = turn.View();
        var current = view.Get(condition.Family, condition.Key.Span);
        var holds = condition.Holds(current);
        if (holds) kv.Batch.WriteTo(turn.Batch, _region);
        return new ConditionOutcome(holds, current);
    }

    /// <inheritdoc/>
    protected override void Save(long applied, IWriteBatch batch)
    {
        if (_saved != _region) MetaRecords.WriteDescriptor(batch, _region);
        _saved = _region;
        MetaRecords.WriteApplied(batch, _region.Id, applied);
    }

    /// <inheritdoc/>
    protected override object Answer(long term) => new Readable(_region);
}

/// <summary>The write is applied.</summary>
internal sealed record Written
{
    public static Written Instance { get; } = new();
}

/// <summary>The engine holds everything that the reader must see.</summary>
internal sealed record Readable(Region Region);
