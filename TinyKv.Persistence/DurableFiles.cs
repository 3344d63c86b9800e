using System.Runtime.InteropServices;

namespace TinyKv.Persistence;

/// <summary>
/// Files and directories that are still there after a power failure. By calls to the C library, because .NET
/// does not report the errors of fsync and cannot sync a directory.
/// </summary>
public static partial class DurableFiles
{
    private const int ReadOnly = 0;

    // Of statx, whose layout is the same on every Linux: relative to the working directory, what is asked for, and where
    // it comes.
    private const int CurrentDirectory = -100;
    private const uint TypeAndOwners = 0x1 | 0x8 | 0x10;
    private const int UserOffset = 20;
    private const int GroupOffset = 24;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;

    /// <summary>Creates a directory with its parents, all of them durable.</summary>
    /// <exception cref="IOException">The directory could not be made, or not be made durable.</exception>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path)) return;
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path));
        if (!string.IsNullOrEmpty(parent)) CreateDirectory(parent);
        Directory.CreateDirectory(path);
        if (!string.IsNullOrEmpty(parent)) Sync(parent);
    }

    /// <summary>Writes a file so that, whatever happens, it is there either as it was or whole.</summary>
    /// <exception cref="IOException">It was not written, or not made durable.</exception>
    public static void WriteAtomically(string path, byte[] content)
    {
        var temporary = path + ".tmp";
        File.WriteAllBytes(temporary, content);
        Sync(temporary);
        File.Move(temporary, path, overwrite: true);
        Sync(Path.GetDirectoryName(path)!);
    }

    /// <summary>Puts a file's content, or a directory's list of names, on disk.</summary>
    /// <exception cref="IOException">The system reports that it could not.</exception>
    public static void Sync(string path)
    {
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0) throw Failure("open", path);
        try
        {
            if (FSync(descriptor) != 0) throw Failure("fsync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Whether a path names, links followed, something that is there and no plain file: a device or a pipe,
    /// which must not be replaced and cannot be synced. Known on Linux only; false elsewhere.</summary>
    public static bool IsSpecial(string path)
    {
        return Status(path) is { } status && (BitConverter.ToUInt16(status, ModeOffset) & TypeMask) != RegularType;
    }

    /// <summary>Who owns a file, links followed. Known on Linux only; null elsewhere.</summary>
    internal static (uint User, uint Group)? Owners(string path) => Status(path) is { } status
        ? (BitConverter.ToUInt32(status, UserOffset), BitConverter.ToUInt32(status, GroupOffset)) : null;

    private static byte[]? Status(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var status = new byte[256];
        return StatX(CurrentDirectory, path, 0, TypeAndOwners, ref status[0]) == 0 ? status : null;
    }

    private static IOException Failure(string operation, string path) =>
        new($"{operation} {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport(
        "libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
