using TinyKv.Core.Storage;

namespace TinyKv.Tests.Actors.Kv;

/// <summary>An engine whose writes are counted, and fail when a test says so.</summary>
internal sealed class FaultyEngine(IEngine inner) : IEngine
{
    public bool Fails { get; set; }

    public int Writes { get; private set; }

    public ISnapshot Snapshot() => inner.Snapshot();

    public IWriteBatch NewBatch() => inner.NewBatch();

    public void Write(IWriteBatch batch, bool sync)
    {
        if (Fails) throw new IOException("the disk is gone");
        Writes++;
        inner.Write(batch, sync);
    }

    public void Sync() => inner.Sync();

    public void Dispose() => inner.Dispose();
}
