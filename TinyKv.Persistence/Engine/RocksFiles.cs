using System.Runtime.InteropServices;
using RocksDbSharp;
using TinyKv.Core;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>Opens databases, and tells damaged files from others that cannot be opened.</summary>
internal static class RocksFiles
{
    /// <summary>Opens the database in a directory with <paramref name="open"/>.</summary>
    /// <param name="what">What the database holds, for messages.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="open">Opens it.</param>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is in use, or not readable.</exception>
    public static RocksDb Open(string what, string path, Func<RocksDb> open)
    {
        try
        {
            RequireComplete(what, path);
            return open();
        }
        catch (RocksDbException e) when (RocksFailure.IsDamage(e.Message))
        {
            throw RocksFailure.Of($"{what} in {path}", e);
        }
        catch (Exception e) when (e is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot open {what} in {path}: {e.Message}", e);
        }
    }

    /// <summary>Opens the database in a directory for reading, and changes no file.</summary>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is not readable.</exception>
    public static RocksDb OpenReadOnly(string what, string path, DbOptions options, ColumnFamilies families) =>
        Open(what, path, () => RocksDb.OpenReadOnly(options, path, families, false));

    /// <summary>Reads every block of every table of a database, and compares it with its checksum.</summary>
    /// <exception cref="StorageFailedException">One does not match.</exception>
    public static void VerifyChecksums(RocksDb database, RocksFailure failure)
    {
        try
        {
            Native.Instance.rocksdb_verify_checksum(database.Handle);
        }
        catch (RocksDbException e)
        {
            throw failure.Report(e, FamilyOfFileIn(e.Message, database) is { } family ? $", column family {family}," : "");
        }
    }

    // RocksDB names the table only.
    private static string? FamilyOfFileIn(string error, RocksDb database)
    {
        var native = Native.Instance;
        var files = native.rocksdb_livefiles(database.Handle);
        try
        {
            for (var i = 0; i < native.rocksdb_livefiles_count(files); i++)
            {
                var name = Marshal.PtrToStringUTF8(native.rocksdb_livefiles_name(files, i));
                if (!string.IsNullOrEmpty(name) && error.Contains(name, StringComparison.Ordinal))
                    return Marshal.PtrToStringUTF8(native.rocksdb_livefiles_column_family_name(files, i));
            }
            return null;
        }
        finally
        {
            native.rocksdb_livefiles_destroy(files);
        }
    }

    /// <summary>Whether nothing was ever written to a directory.</summary>
    public static bool IsEmpty(string path) => !Directory.Exists(path)
        || (!File.Exists(Path.Combine(path, "CURRENT")) && !Directory.EnumerateFiles(path).Any(IsWritten));

    // RocksDB starts over where the file that names all others is missing, whatever else there is.
    private static void RequireComplete(string what, string path)
    {
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, "CURRENT"))) return;
        if (Directory.EnumerateFiles(path).FirstOrDefault(IsWritten) is { } left)
            throw new StorageFailedException(
                $"{what} in {path} is damaged: CURRENT is missing, but {Path.GetFileName(left)} is there; "
                + RocksFailure.Advice);
    }

    // Made after CURRENT only: a first start that was cut off leaves none of them.
    private static bool IsWritten(string file) =>
        Path.GetExtension(file) is ".sst" or ".log" && new FileInfo(file).Length > 0;
}
