using TinyKv.Actors.Messages;
using TinyKv.Core.Placement;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Placement;

/// <summary>The stores of the cluster as they are known here, readable from any thread. It never goes back.</summary>
internal sealed class StoreTable(StoreDirectory known)
{
    private readonly Lock _lock = new();
    private volatile StoreDirectory _current = known;

    /// <summary>The directory has changed: from this one, to this one. Raised by whoever has posted it.</summary>
    public event Action<StoreDirectory, StoreDirectory>? Changed;

    /// <summary>What the replica of placement on a store had applied when its engine was opened, or what was kept where there
    /// was none.</summary>
    public static StoreTable Of(IEngine engine)
    {
        using var snapshot = engine.Snapshot();
        var (applied, kept) = (StoreRecords.Load(snapshot), StoreRecords.LoadKept(snapshot));
        return new StoreTable(applied.Version >= kept.Version ? applied : kept);
    }

    /// <summary>What is known.</summary>
    public StoreDirectory Current => _current;

    /// <summary>A later directory is known.</summary>
    public void Post(StoreDirectory directory)
    {
        StoreDirectory before;
        lock (_lock)
        {
            before = _current;
            if (directory.Version <= before.Version) return;
            _current = directory;
        }
        Changed?.Invoke(before, directory);
    }

    /// <summary>What has changed since what is known.</summary>
    public void Post(StoreChanges changes) => Post(_current.With(changes));
}

/// <summary>Tells the table what the replica of placement on this store applies.</summary>
internal sealed class StoreObserver(StoreTable table) : IApplyObserver
{
    /// <inheritdoc/>
    public void OnApplied(in AppliedBatch batch)
    {
        foreach (var command in batch.Commands)
            if (command.Result.Reply is StoreDirectory directory) table.Post(directory);
    }

    /// <inheritdoc/>
    public void OnInstalled(ISnapshot state) => table.Post(StoreRecords.Load(state));
}
