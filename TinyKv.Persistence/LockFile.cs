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
    public static FileStream? TryHold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnMac)
        {
            return null;
        }
    }
}
