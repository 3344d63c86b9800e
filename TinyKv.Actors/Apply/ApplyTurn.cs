using TinyKv.Core.Storage;

namespace TinyKv.Actors.Apply;

/// <summary>
/// The engine write that entries are gathered in. A command that must see what those before it have done cuts it in
/// two: each part carries the applied index up to which it reaches, so a restart between them continues in the middle.
/// </summary>
internal sealed class ApplyTurn(IEngine engine, Action<IWriteBatch> save) : IDisposable
{
    private IWriteBatch _batch = engine.NewBatch();
    private bool _fresh = true;

    /// <summary>Where a command's writes go.</summary>
    public IWriteBatch Batch
    {
        get
        {
            _fresh = false;
            return _batch;
        }
    }

    /// <summary>The engine as all entries before this one leave it. Dispose it.</summary>
    public ISnapshot View()
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
