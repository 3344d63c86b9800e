using TinyKv.Core;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>A directory for one run, removed at its end.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private ScratchDirectory(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes one below a directory.</summary>
    /// <exception cref="TinyKvException">The directory is in memory: nothing synced there is on a disk.</exception>
    public static ScratchDirectory Create(string parent)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), $"tinykv-benchmark-{Guid.NewGuid():n}");
        Directory.CreateDirectory(path);
        var drive = new DriveInfo(path);
        if (drive.DriveFormat is not ("tmpfs" or "ramfs")) return new ScratchDirectory(path);
        Directory.Delete(path);
        throw new TinyKvException($"{parent} is on {drive.DriveFormat}; name a directory on a disk with --data");
    }

    /// <summary>Makes a directory in it.</summary>
    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
