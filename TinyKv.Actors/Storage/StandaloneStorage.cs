using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Storage;

/// <summary>
/// One store on its own: region 1 covers every key and never changes, its only replica is here. Writes are
/// synced, for there is no log to recover them from.
/// </summary>
public sealed class StandaloneStorage : IStorage
{
    private readonly IEngine _engine;
    private readonly Action<Exception> _failed;
    private readonly StoreId _store;
    private readonly Peer _peer;
    private readonly Region _region;

    /// <summary>Serves from <paramref name="engine"/>, which stays the caller's to dispose.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="store">This store.</param>
    /// <param name="failed">Is told when the engine can not be written to: nothing more must be acknowledged.</param>
    public StandaloneStorage(IEngine engine, StoreId store, Action<Exception> failed)
    {
        _engine = engine;
        _failed = failed;
        _store = store;
        _peer = new Peer(new PeerId(1), store);
        _region = new Region(RegionId.First, KeyRange.All, RegionEpoch.Initial, [_peer]);
    }

    /// <inheritdoc/>
    public async Task<RegionError?> WriteAsync(
        RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        if (Check(context) is { } refusal) return refusal;
        foreach (var write in batch)
            if (!_region.Range.Contains(write.Key.Span))
                return new RegionError.KeyNotInRegion(write.Key, _region);
        cancellation.ThrowIfCancellationRequested();
        // A synced write blocks; the engine puts those that wait at the same time on disk together.
        await Task.Run(() => Write(batch), CancellationToken.None);
        return null;
    }

    /// <inheritdoc/>
    public Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Check(context) is { } refusal
            ? new ReaderOrRefusal(null, refusal)
            : new ReaderOrRefusal(new SnapshotReader(_region, _engine.Snapshot()), null));
    }

    private RegionError? Check(RequestContext context)
    {
        if (context.Peer is not { } peer || peer.Store != _store)
            return new RegionError.StoreNotMatch(context.Peer?.Store ?? StoreId.None, _store);
        if (context.Region != _region.Id || peer.Id != _peer.Id)
            return new RegionError.RegionNotFound(context.Region);
        if (context.Epoch != _region.Epoch)
            return new RegionError.EpochNotMatch([_region]);
        return null;
    }

    private void Write(IReadOnlyList<Modify> modifies)
    {
        using var batch = _engine.NewBatch();
        foreach (var modify in modifies)
        {
            if (modify is Modify.Put put) batch.Put(put.Family, put.Key.Span, put.Value.Span);
            else batch.Delete(modify.Family, modify.Key.Span);
        }
        try
        {
            _engine.Write(batch, sync: true);
        }
        catch (Exception e)
        {
            _failed(e);
            throw;
        }
    }
}
