using System.Runtime.InteropServices;
using RocksDbSharp;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// Hears of errors that RocksDB meets while it flushes and compacts. By itself it would wait for a full disk to get room,
/// and hold up every writer meanwhile; a store has to end instead.
/// </summary>
internal sealed class BackgroundErrors
{
    // RocksDB calls each of them without asking; they live as long as the program.
    private static readonly on_flush_begin_cb FlushBegins = (_, _, _) => { };
    private static readonly on_flush_completed_cb FlushEnds = (_, _, _) => { };
    private static readonly on_compaction_begin_cb CompactionBegins = (_, _, _) => { };
    private static readonly on_compaction_completed_cb CompactionEnds = (_, _, _) => { };
    private static readonly on_subcompaction_begin_cb SubcompactionBegins = (_, _) => { };
    private static readonly on_subcompaction_completed_cb SubcompactionEnds = (_, _) => { };
    private static readonly on_external_file_ingested_cb Ingested = (_, _, _) => { };
    private static readonly on_stall_conditions_changed_cb StallChanged = (_, _) => { };
    private static readonly on_memtable_sealed_cb Sealed = (_, _) => { };
    private static readonly on_background_error_cb Failed = Hear;
    private static readonly Destructor_Delegate Freed = state => GCHandle.FromIntPtr(state).Free();

    private readonly Lock _lock = new();
    private Exception? _first;
    private Action<Exception>? _listener;

    /// <summary>Listens to the databases that are opened with these options.</summary>
    public void Attach(DbOptions options)
    {
        var listener = Native.Instance.rocksdb_eventlistener_create(
            GCHandle.ToIntPtr(GCHandle.Alloc(this)), Freed, FlushBegins, FlushEnds, CompactionBegins, CompactionEnds,
            SubcompactionBegins, SubcompactionEnds, Ingested, Failed, StallChanged, Sealed);
        Native.Instance.rocksdb_options_add_eventlistener(options.Handle, listener);
    }

    /// <summary>Who is told of the first error, once, on a thread that must not be held up; at once if there was one.</summary>
    public void Tell(Action<Exception> listener)
    {
        Exception? first;
        lock (_lock) (_listener, first) = (listener, _first);
        if (first is not null) listener(first);
    }

    private void Report(Exception error)
    {
        Action<Exception>? listener;
        lock (_lock)
        {
            if (_first is not null) return;
            (_first, listener) = (error, _listener);
        }
        listener?.Invoke(error);
    }

    private static void Hear(nint state, uint reason, nint status)
    {
        try
        {
            // Throws what the status says.
            Native.Instance.rocksdb_status_ptr_get_error(status);
        }
        catch (RocksDbException error)
        {
            ((BackgroundErrors)GCHandle.FromIntPtr(state).Target!).Report(error);
        }
    }
}
