using System.Runtime.InteropServices;
using RocksDbSharp;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// Hears of what RocksDB's own threads meet: a compaction that finds a damaged block, a flush that has no room. RocksDB
/// would tell only the next write, and wait for room meanwhile; a store has to end instead.
/// </summary>
internal static class BackgroundErrors
{
    // Called for as long as a database or its options live, which nobody here knows: so they are never collected.
    // RocksDB calls all of them, whether anybody listens or not.
    private static readonly Destructor_Delegate Free = state => GCHandle.FromIntPtr(state).Free();
    private static readonly on_background_error_cb Failed = OnError;
    private static readonly on_flush_begin_cb FlushBegins = (_, _, _) => { };
    private static readonly on_flush_completed_cb FlushEnds = (_, _, _) => { };
    private static readonly on_compaction_begin_cb CompactionBegins = (_, _, _) => { };
    private static readonly on_compaction_completed_cb CompactionEnds = (_, _, _) => { };
    private static readonly on_subcompaction_begin_cb PartBegins = (_, _) => { };
    private static readonly on_subcompaction_completed_cb PartEnds = (_, _) => { };
    private static readonly on_external_file_ingested_cb Ingested = (_, _, _) => { };
    private static readonly on_stall_conditions_changed_cb Stalled = (_, _) => { };
    private static readonly on_memtable_sealed_cb Sealed = (_, _) => { };

    /// <summary>Reports the background errors of the databases that are opened with these options.</summary>
    public static DbOptions Report(this DbOptions options, RocksFailure failure)
    {
        var state = GCHandle.ToIntPtr(GCHandle.Alloc(failure));
        var listener = Native.Instance.rocksdb_eventlistener_create(
            state, Free, FlushBegins, FlushEnds, CompactionBegins, CompactionEnds, PartBegins, PartEnds, Ingested,
            Failed, Stalled, Sealed);
        Native.Instance.rocksdb_options_add_eventlistener(options.Handle, listener);
        return options;
    }

    private static void OnError(IntPtr state, uint reason, IntPtr status)
    {
        try
        {
            Native.Instance.rocksdb_status_ptr_get_error(status);
        }
        catch (Exception error)
        {
            Tell(state, error);
        }
    }

    private static void Tell(IntPtr state, Exception error)
    {
        try
        {
            ((RocksFailure)GCHandle.FromIntPtr(state).Target!).Report(error);
        }
        catch (Exception)
        {
            // On a thread of RocksDB an exception would end the process without a word. What stops RocksDB fails the next
            // write, too.
        }
    }
}
