using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>A file system of its own in a file: it can be filled up, and its power can be cut.</summary>
internal sealed partial class Disk
{
    private const string Filler = "filler";
    private const long Block = 4096;

    // Of the kernel's ext4.h: stop at once, and do not write the journal out before.
    private const nuint Shutdown = 0x8004587d;
    private const uint WithoutFlush = 2;

    private readonly string _image;
    private int _fillers;

    private Disk(string image, string path) => (_image, Path) = (image, path);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Makes and mounts one.</summary>
    public static async Task<Disk> CreateAsync(string image, string path, int megabytes)
    {
        await using (var file = File.Create(image)) file.SetLength(megabytes * 1024L * 1024L);
        // Nothing is kept back for root: a full disk is full.
        await Command.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", image);
        Directory.CreateDirectory(path);
        var disk = new Disk(image, path);
        await disk.MountAsync();
        return disk;
    }

    /// <summary>Mounts it, which repairs what a power cut left.</summary>
    public Task MountAsync() => Command.RunAsync("mount", "-o", "loop", _image, Path);

    /// <summary>Unmounts it; nobody may use it any more.</summary>
    public Task UnmountAsync() => Command.RunAsync("umount", Path);

    /// <summary>Leaves so many bytes of room on it.</summary>
    public async Task FillAsync(long room = 0)
    {
        // The last blocks are found by trying.
        var size = Room() - room;
        while (size >= Block)
        {
            var name = System.IO.Path.Combine(Path, $"{Filler}-{_fillers++}");
            var (code, _, _) = await Command.TryAsync("fallocate", "-l", $"{size}", name);
            size = code == 0 ? Room() - room : size / 2;
        }
    }

    /// <summary>How many bytes are in use on it.</summary>
    public long Used => new DriveInfo(Path).TotalSize - Room();

    private long Room() => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Makes room again.</summary>
    public void Free()
    {
        foreach (var file in Directory.GetFiles(Path, $"{Filler}-*")) File.Delete(file);
    }

    /// <summary>From now on nothing reaches the disk, and what was not synced is lost.</summary>
    public void CutPower()
    {
        using var root = new SafeFileHandle(Open(Path, 0), ownsHandle: true);
        var how = WithoutFlush;
        if (root.IsInvalid || Ioctl(root, Shutdown, ref how) != 0)
            throw new TinyKvException(
                $"cannot cut the power of {Path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, ref uint argument);
}
