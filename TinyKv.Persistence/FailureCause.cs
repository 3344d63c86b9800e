using System.Data.Common;
using System.Globalization;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence;

/// <summary>Says to people why something failed: what is behind the exception that was caught.</summary>
public static class FailureCause
{
    private const int MiB = 1024 * 1024;

    // ENOSPC and EDQUOT, which .NET passes on.
    private const int NoSpace = 28;
    private const int OverQuota = 122;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    // What RocksDB, SQLite and the system say of a full disk.
    private static readonly string[] Full = ["No space left on device", "Disk quota exceeded", "disk is full"];

    /// <summary>One sentence on the cause: a full disk with what is free on it, a lack of memory, or what the innermost
    /// exception says.</summary>
    /// <param name="failure">What was caught.</param>
    /// <param name="directory">The data directory, on whose disk the store's own files are; null when it is not known.</param>
    public static string Describe(Exception failure, string? directory)
    {
        var causes = Chain(failure).ToList();
        // What is said of damage says more than its cause, and what to do.
        if (causes.OfType<StorageFailedException>().FirstOrDefault(cause => cause.IsDamage) is { } damage)
            return damage.Message;
        var innermost = causes[^1].Message;
        if (causes.Exists(cause => cause is OutOfMemoryException)) return $"out of memory: {MemoryInUse()} ({innermost})";
        if (!causes.Exists(IsFullDisk)) return innermost;
        return directory is null ? $"the disk was full ({innermost})"
            : $"the disk of {directory} was full, {Free(directory)} ({innermost})";
    }

    /// <summary>Whether it says that this machine's disk has no room.</summary>
    public static bool IsFullDisk(Exception cause) => cause switch
    {
        // A database server's disk is another one.
        DbException { SqlState: not null } => false,
        IOException { HResult: NoSpace or OverQuota } => true,
        _ => Array.Exists(Full, text => cause.Message.Contains(text, StringComparison.Ordinal)),
    };

    // From the outside to the inside; of several at once, the first.
    private static IEnumerable<Exception> Chain(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException) yield return cause;
    }

    private static string MemoryInUse()
    {
        var memory = GC.GetGCMemoryInfo();
        return string.Create(CultureInfo.InvariantCulture,
            $"{Environment.WorkingSet / MiB} MiB are in use, {memory.TotalAvailableMemoryBytes / MiB} MiB may be");
    }

    // A disk that stands still does not even say how large it is.
    private static string Free(string directory)
    {
        var free = "it does not say how much is free now";
        try
        {
            BlockingCall.Start(() =>
            {
                var disk = new DriveInfo(directory);
                free = string.Create(CultureInfo.InvariantCulture,
                    $"{disk.AvailableFreeSpace / MiB} MiB of {disk.TotalSize / MiB} MiB are free now");
            }).Wait(ProbeTimeout);
        }
        catch (AggregateException)
        {
            // It stays unknown.
        }
        return free;
    }
}
