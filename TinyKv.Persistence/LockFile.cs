namespace TinyKv.Persistence;

/// <summary>A file that one process at a time can hold. The operating system drops the lock with the process,
/// however it ends.</summary>
public static class LockFile
{
    // EWOULDBLOCK, which .NET passes on.
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;

    /// <summary>Holds the file until it is disposed; null when another process holds it.</summary>
    /// <exception cref="IOException">The file cannot be opened for another reason.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not for this user to write.</exception>
    public static FileStream? TryHold(string path) =>
        TryHold(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);

    /// <summary>As <see cref="TryHold(string)"/>, for a file that is there already and must not be changed.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened for another reason.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not for this user to read.</exception>
    public static FileStream? TryHoldForReading(string path) => TryHold(path, FileMode.Open, FileAccess.Read);

    private static FileStream? TryHold(string path, FileMode mode, FileAccess access)
    {
        try
        {
            return new FileStream(path, mode, access, FileShare.None);
        }
        catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnMac)
        {
            return null;
        }
    }
}
