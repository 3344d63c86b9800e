using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Host.Cli.Playground;

/// <summary>The directory of a playground, held by one at a time; a temporary one goes with it.</summary>
internal sealed class PlaygroundDirectory : IDisposable
{
    private readonly FileStream _lock;
    private readonly bool _isTemporary;

    private PlaygroundDirectory(string path, FileStream held, bool isTemporary)
    {
        Path = path;
        _lock = held;
        _isTemporary = isTemporary;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Creates and locks it; without a path, a temporary one.</summary>
    /// <exception cref="TinyKvException">A running playground holds it.</exception>
    public static PlaygroundDirectory Open(string? path)
    {
        if (path is null)
        {
            var temporary = Directory.CreateTempSubdirectory("tinykv-playground-").FullName;
            return new PlaygroundDirectory(temporary, Lock(temporary), isTemporary: true);
        }
        var full = System.IO.Path.GetFullPath(path);
        if (File.Exists(full)) throw new TinyKvException($"--data {full} is a file: expected a directory");
        Directory.CreateDirectory(full);
        return new PlaygroundDirectory(full, Lock(full), isTemporary: false);
    }

    /// <summary>The directory of one store, created.</summary>
    public string OfStore(int storeId) => Directory.CreateDirectory(PathOf(storeId)).FullName;

    /// <summary>The same, whether it is there or not.</summary>
    public string PathOf(int storeId) => System.IO.Path.Combine(Path, $"store-{storeId}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        if (_isTemporary) Directory.Delete(Path, recursive: true);
    }

    private static FileStream Lock(string path) =>
        LockFile.TryHold(System.IO.Path.Combine(path, "playground.lock")) ?? throw new TinyKvException(
            $"{path} is in use by a running playground: stop that one, or choose another --data");
}
