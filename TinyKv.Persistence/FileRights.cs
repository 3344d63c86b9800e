using System.Runtime.InteropServices;

namespace TinyKv.Persistence;

/// <summary>Who owns a file, and what others may do with it.</summary>
public static partial class FileRights
{
    private const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode Everybody = Group | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const uint Unchanged = uint.MaxValue;

    /// <summary>The mode of a file that nobody else can read until it has the rights it is to have.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Gives a file the mode of the one that it is to replace, and as far as this user may its owner and group.
    /// A group that it cannot give gets no more than everybody.</summary>
    public static void Copy(string from, string to)
    {
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(from) & Everybody;
        if (!CopyOwners(from, to))
            mode = (mode & ~Group) | (UnixFileMode)(((int)mode & 0b111) << 3);
        File.SetUnixFileMode(to, mode);
    }

    // Whether the group is right. Only the superuser may give files away, but a group may be had by several users.
    private static bool CopyOwners(string from, string to)
    {
        if (DurableFiles.Owners(from) is not { } wanted || DurableFiles.Owners(to) is not { } found) return false;
        return found == wanted || ChangeOwner(to, wanted.User, wanted.Group) == 0
            || found.Group == wanted.Group || ChangeOwner(to, Unchanged, wanted.Group) == 0;
    }

    [LibraryImport(
        "libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
