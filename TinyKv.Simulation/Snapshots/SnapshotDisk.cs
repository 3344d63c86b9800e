using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Simulation.Snapshots;

/// <summary>The process has ended, in the middle of something.</summary>
internal sealed class KilledException : Exception;

/// <summary>
/// An engine whose process may be killed before each of its steps, and which a loss of power takes back to some state since the
/// last sync. Every state is shown to whoever judges it.
/// </summary>
/// <param name="start">What it holds.</param>
/// <param name="judge">Sees every state that somebody may read.</param>
internal sealed class SnapshotDisk(MemoryEngine start, Action<MemoryEngine> judge) : IEngine
{
    private readonly List<MemoryEngine> _states = [start];

    /// <summary>How many steps are taken until the process is killed; null: it is not.</summary>
    public int? StepsLeft { get; set; }

    /// <summary>What it holds.</summary>
    public MemoryEngine Now => _states[^1];

    /// <summary>The power goes.</summary>
    /// <returns>How many writes are lost.</returns>
    public int LosePower(Random random)
    {
        var left = random.Next(_states.Count);
        var lost = _states.Count - 1 - left;
        _states.RemoveRange(left + 1, lost);
        Sync();
        return lost;
    }

    /// <inheritdoc/>
    public ISnapshot Snapshot() => Now.Snapshot();

    /// <inheritdoc/>
    public IWriteBatch NewBatch() => Now.NewBatch();

    /// <inheritdoc/>
    public void Write(IWriteBatch batch, bool sync) => Step(engine => engine.Write(batch, sync), sync);

    /// <inheritdoc/>
    public void Sync() => _states.RemoveRange(0, _states.Count - 1);

    /// <inheritdoc/>
    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        Step(engine => engine.Ingest(family, ranges, []), sync: true);
        Step(engine => engine.Ingest(family, ranges, tables), sync: true);
    }

    /// <inheritdoc/>
    public long EstimateBytes(ColumnFamily family, KeyRange range) => Now.EstimateBytes(family, range);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Step(Action<MemoryEngine> change, bool sync)
    {
        if (StepsLeft-- == 0) throw new KilledException();
        var next = Now.Copy();
        change(next);
        _states.Add(next);
        if (sync) Sync();
        judge(next);
    }
}
