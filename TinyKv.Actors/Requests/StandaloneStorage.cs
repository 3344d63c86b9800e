using TinyKv.Actors.Messages;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>
/// One store on its own: region 1 covers every key and never changes, its only replica is here. Writes are
/// synced, for there is no log to recover them from.
/// </summary>
public sealed class StandaloneStorage : IStorage
{
    private const int MaxWriters = 64;

    private readonly IEngine _engine;
    private readonly StoreId _store;

    // Nothing is written between a condition and what depends on it.
    private readonly ConcurrentExclusiveSchedulerPair _writers = new(TaskScheduler.Default, MaxWriters);

    /// <summary>Serves from <paramref name="engine"/>, which stays the caller's to dispose.</summary>
    /// <param name="engine">The engine; a write that it fails is not acknowledged.</param>
    /// <param name="store">This store.</param>
    public StandaloneStorage(IEngine engine, StoreId store)
    {
        _engine = engine;
        _store = store;
        Region = Bootstrap.Regions([store], replicas: 1).Single(region => region.Id == RegionId.First);
    }

    /// <summary>The region.</summary>
    public Region Region { get; }

    /// <inheritdoc/>
    public async Task<RegionError?> WriteAsync(
        RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        if (Check(context) is { } refusal) return refusal;
        cancellation.ThrowIfCancellationRequested();
        // A synced write blocks; the engine puts those that wait at the same time on disk together.
        await RunAsync(_writers.ConcurrentScheduler, () => Write(batch));
        return null;
    }

    /// <inheritdoc/>
    public async Task<OutcomeOrRefusal> WriteIfAsync(
        RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        if (Check(context) is { } refusal) return new OutcomeOrRefusal(null, refusal);
        cancellation.ThrowIfCancellationRequested();
        ConditionOutcome? outcome = null;
        await RunAsync(_writers.ExclusiveScheduler, () => outcome = WriteIf(condition, batch));
        return new OutcomeOrRefusal(outcome, null);
    }

    /// <inheritdoc/>
    public Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Check(context) is { } refusal
            ? new ReaderOrRefusal(null, refusal)
            : new ReaderOrRefusal(new SnapshotReader(new ReadView(Region, _engine.Snapshot())), null));
    }

    private RegionError? Check(RequestContext context)
    {
        if (context.Peer is not { } peer || peer.Store != _store)
            return new RegionError.StoreNotMatch(context.Peer?.Store ?? StoreId.None, _store);
        if (context.Region != Region.Id || Region.PeerWith(peer.Id) is null)
            return new RegionError.RegionNotFound(context.Region);
        if (context.Epoch != Region.Epoch)
            return new RegionError.EpochNotMatch([Region]);
        return null;
    }

    private static Task RunAsync(TaskScheduler scheduler, Action write) =>
        Task.Factory.StartNew(write, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);

    private void Write(IReadOnlyList<Modify> writes)
    {
        using var batch = _engine.NewBatch();
        BatchWriter.Write(batch, writes, Region);
        _engine.Write(batch, sync: true);
    }

    private ConditionOutcome WriteIf(Condition condition, IReadOnlyList<Modify> writes)
    {
        using var snapshot = _engine.Snapshot();
        var current = snapshot.Get(condition.Family, condition.Key.Span);
        var holds = condition.Holds(current);
        if (holds) Write(writes);
        return new ConditionOutcome(holds, current);
    }
}
