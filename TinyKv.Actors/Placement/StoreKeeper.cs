using TinyKv.Core.Placement;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Placement;

/// <summary>
/// Keeps in the engine which stores there are, for a store without a replica of placement: it has to find the others at its
/// next start. Not for several threads at once.
/// </summary>
internal sealed class StoreKeeper
{
    private readonly IEngine _engine;
    private long _kept;

    public StoreKeeper(IEngine engine)
    {
        _engine = engine;
        using var snapshot = engine.Snapshot();
        _kept = StoreRecords.LoadKept(snapshot).Version;
    }

    /// <summary>Writes down a directory, if it is a later one than what was. A power cut may bring back an earlier one: what
    /// has changed since is heard again.</summary>
    public void Keep(StoreDirectory directory)
    {
        if (directory.Version <= _kept) return;
        Write(_engine, directory, sync: false);
        _kept = directory.Version;
    }

    /// <summary>Writes down the first directory that a store knows.</summary>
    public static void Begin(IEngine engine, StoreDirectory directory) => Write(engine, directory, sync: true);

    private static void Write(IEngine engine, StoreDirectory directory, bool sync)
    {
        using var batch = engine.NewBatch();
        StoreRecords.Keep(batch, directory);
        engine.Write(batch, sync);
    }
}
