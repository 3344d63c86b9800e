using System.Globalization;
using System.Text.RegularExpressions;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Host.Cli.Raw;

/// <summary>Where an export goes. A file is whole and on disk, or as it was; descriptors of this process, devices and pipes
/// are written to as they are.</summary>
internal abstract partial class ExportFile
{
    // As many links as Linux follows.
    private const int MaxLinks = 40;

    /// <summary>Finds out what is to be written. A symbolic link stays, what it leads to is written.</summary>
    /// <exception cref="TinyKvException">It is a directory, or in one that does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is there and must not be written.</exception>
    public static ExportFile At(string path)
    {
        if (DescriptorOf(path) is { } descriptor) return new Descriptor(descriptor);
        if (Directory.Exists(path)) throw new TinyKvException($"{path} is a directory: expected a file");
        if (DurableFiles.IsSpecial(path)) return new Device(path);
        var link = new FileInfo(path);
        var target = link.LinkTarget is null ? link : (FileInfo)link.ResolveLinkTarget(returnFinalTarget: true)!;
        if (target.Directory is { Exists: false } missing)
            throw new TinyKvException($"{path} cannot be written: there is no directory {missing.FullName}");
        if (target.Exists) RequireWritable(target.FullName);
        return new Replaced(target.FullName);
    }

    /// <summary>Writes it and returns what <paramref name="write"/> returns.</summary>
    /// <exception cref="IOException">Not all of it is there.</exception>
    public abstract Task<long> WriteAsync(Func<Stream, Task<long>> write);

    // To rename over a file one need not be allowed to write it.
    private static void RequireWritable(string path)
    {
        using var opened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
    }

    /// <summary>Which descriptor of this process a path stands for, as /dev/stdout does: the file behind it has a writer
    /// already, who means his position.</summary>
    private static int? DescriptorOf(string path)
    {
        var name = Path.GetFullPath(path);
        for (var links = 0; links < MaxLinks; links++)
        {
            if (DescriptorPath().Match(name) is { Success: true } match
                && match.Groups["process"].Value is { } process
                && (process.Length == 0 || process == $"{Environment.ProcessId}"))
                return int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
            if (new FileInfo(name).LinkTarget is not { } target) return null;
            name = Path.GetFullPath(target, Path.GetDirectoryName(name)!);
        }
        return null;
    }

    [GeneratedRegex(@"^/(dev/fd|proc/self/fd|proc/thread-self/fd|proc/(?<process>\d+)/fd)/(?<number>\d{1,6})$",
        RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex DescriptorPath();

    private sealed class Descriptor(int descriptor) : ExportFile
    {
        public override async Task<long> WriteAsync(Func<Stream, Task<long>> write)
        {
            await using var stream = new DescriptorStream(descriptor);
            return await write(stream);
        }
    }

    private sealed class Device(string path) : ExportFile
    {
        public override async Task<long> WriteAsync(Func<Stream, Task<long>> write)
        {
            await using var device = new FileStream(
                path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            return await write(device);
        }
    }

    /// <summary>Written beside the file and renamed at the end: a reader never sees a part.</summary>
    private sealed class Replaced(string path) : ExportFile
    {
        public override async Task<long> WriteAsync(Func<Stream, Task<long>> write)
        {
            var partial = $"{path}.partial-{Environment.ProcessId}";
            try
            {
                long count;
                await using (var output = new FileStream(partial, Options(replaces: File.Exists(path))))
                    count = await write(output);
                if (File.Exists(path)) FileRights.Copy(path, partial);
                DurableFiles.Sync(partial);
                File.Move(partial, path, overwrite: true);
                DurableFiles.Sync(Path.GetDirectoryName(path)!);
                return count;
            }
            catch
            {
                File.Delete(partial);
                throw;
            }
        }

        // A file that is there may be secret; the mode of a new one is what the umask says.
        private static FileStreamOptions Options(bool replaces)
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (replaces && !OperatingSystem.IsWindows()) options.UnixCreateMode = FileRights.Private;
            return options;
        }
    }
}
