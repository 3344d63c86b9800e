using TinyKv.Core;

namespace TinyKv.Testing;

/// <summary>A directory of its own, which goes when it is disposed. Other users cannot look into it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private TemporaryDirectory(string path) => Path = path;

    /// <summary>Makes one where the system keeps such things.</summary>
    public TemporaryDirectory() : this(Directory.CreateTempSubdirectory("tinykv-").FullName)
    {
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes one below a directory that is on a disk.</summary>
    /// <exception cref="TinyKvException">The directory is in memory: nothing synced there is on a disk.</exception>
    public static TemporaryDirectory OnDisk(string parent)
    {
        var above = Directory.CreateDirectory(parent).FullName;
        if (new DriveInfo(above).DriveFormat is ("tmpfs" or "ramfs") and var format)
            throw new TinyKvException($"{above} is on {format}, which is in memory: name a directory on a disk");
        var path = System.IO.Path.Combine(above, $"tinykv-{Guid.NewGuid():n}");
        // As the system's are.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new TemporaryDirectory(path);
    }

    /// <summary>Makes a directory in it.</summary>
    public string Sub(string name) => Directory.CreateDirectory(this[name]).FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
