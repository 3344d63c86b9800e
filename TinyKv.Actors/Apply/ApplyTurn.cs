using TinyKv.Core.Commands;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Apply;

/// <summary>
/// The engine write that entries are gathered in. A command that must see what those before it have done cuts it in
/// two: each part carries the applied index up to which it reaches, so a restart between them continues in the middle.
/// </summary>
internal sealed class ApplyTurn(IEngine engine, Action<IWriteBatch> save) : IEngineView, IDisposable
{
    private IWriteBatch _batch = engine.NewBatch();
    private bool _fresh = true;

    /// <summary>Takes in what a command has come to.</summary>
    public void Add(IReadOnlyList<Modify> writes, Region region)
    {
        if (writes.Count == 0) return;
        _fresh = false;
        BatchWriter.Write(_batch, writes, region);
    }

    /// <inheritdoc/>
    public ISnapshot Snapshot()
    {
        if (!_fresh)
        {
            Write();
            _batch.Dispose();
            _batch = engine.NewBatch();
            _fresh = true;
        }
        return engine.Snapshot();
    }

    /// <summary>Writes what was gathered, with the applied index.</summary>
    public void Write()
    {
        save(_batch);
        engine.Write(_batch, sync: false);
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();
}
