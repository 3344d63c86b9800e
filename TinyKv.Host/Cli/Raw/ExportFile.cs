using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Host.Cli.Raw;

/// <summary>The file that an export goes to: whole and on disk, or as it was. Devices and pipes are written to as they
/// are.</summary>
internal sealed class ExportFile
{
    private readonly string _path;
    private readonly bool _isReplaced;

    private ExportFile(string path, bool isReplaced) => (_path, _isReplaced) = (path, isReplaced);

    /// <summary>Finds out what is to be written; a symbolic link stays, the file it leads to is replaced.</summary>
    /// <exception cref="TinyKvException">It is a directory.</exception>
    public static ExportFile At(string path)
    {
        if (Directory.Exists(path)) throw new TinyKvException($"{path} is a directory: expected a file");
        if (DurableFiles.IsSpecial(path)) return new ExportFile(path, isReplaced: false);
        var link = new FileInfo(path);
        var target = link.LinkTarget is null ? link : link.ResolveLinkTarget(returnFinalTarget: true)!;
        return new ExportFile(target.FullName, isReplaced: true);
    }

    /// <summary>Writes it and returns what <paramref name="write"/> returns.</summary>
    /// <exception cref="IOException">Not all of it is there.</exception>
    public async Task<long> WriteAsync(Func<Stream, Task<long>> write)
    {
        if (_isReplaced) return await ReplaceAsync(write);
        await using var device = new FileStream(
            _path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        return await write(device);
    }

    /// <summary>Writes beside the file and renames at the end: a reader never sees a part.</summary>
    private async Task<long> ReplaceAsync(Func<Stream, Task<long>> write)
    {
        var partial = $"{_path}.partial-{Environment.ProcessId}";
        try
        {
            long count;
            await using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write))
                count = await write(output);
            DurableFiles.Sync(partial);
            File.Move(partial, _path, overwrite: true);
            DurableFiles.Sync(Path.GetDirectoryName(_path)!);
            return count;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
