using System.Globalization;
using System.Text.RegularExpressions;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Journal;

/// <summary>
/// The syncs that this process asks of the system, as strace sees them. A copy of the files would not show
/// them: it reads what the system holds in memory.
/// </summary>
internal sealed partial class SyncTrace : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private SystemCallTrace? _strace;

    /// <summary>One sync that has succeeded.</summary>
    public sealed record Sync(string Path, double Start, double End);

    /// <summary>The time by the clock that strace uses, in seconds.</summary>
    public static double Now => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    /// <summary>Watches this process; skips the test where that is not possible.</summary>
    public static Task<SyncTrace> StartAsync() => AttachAsync("trace=fsync,fdatasync");

    /// <summary>From here on every sync of this process fails, as on a broken disk.</summary>
    public static Task<SyncTrace> BreakDiskAsync() => AttachAsync("inject=fsync,fdatasync:error=EIO");

    /// <summary>From here on nothing of this process that is written at a place in a file has room, as on a full
    /// disk.</summary>
    public static Task<SyncTrace> FillDiskAsync() => AttachAsync("inject=pwrite64:error=ENOSPC");

    private static async Task<SyncTrace> AttachAsync(string filter)
    {
        var installed = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, "strace")));
        Skip.IfNot(installed, "strace is not installed");
        var trace = new SyncTrace();
        try
        {
            trace._strace = await SystemCallTrace.AttachAsync(
                Environment.ProcessId, trace._directory["trace"], "-e", filter, "-ttt", "-T", "-y");
            return trace;
        }
        catch (TinyKvException refusal)
        {
            trace.Dispose();
            throw new SkipException(refusal.Message, refusal);
        }
    }

    /// <summary>Detaches, and gives the successful syncs of files in a directory.</summary>
    public async Task<IReadOnlyList<Sync>> StopAsync(string directory)
    {
        await _strace!.DetachAsync();
        var syncs = new List<Sync>();
        var unfinished = new Dictionary<string, (string Path, double Start)>();
        foreach (var line in await File.ReadAllLinesAsync(_directory["trace"]))
        {
            if (Whole().Match(line) is { Success: true } whole)
            {
                var start = Seconds(whole.Groups["time"]);
                var end = start + Seconds(whole.Groups["duration"]);
                syncs.Add(new Sync(whole.Groups["path"].Value, start, end));
            }
            else if (Begun().Match(line) is { Success: true } begun)
            {
                unfinished[begun.Groups["thread"].Value] =
                    (begun.Groups["path"].Value, Seconds(begun.Groups["time"]));
            }
            else if (Resumed().Match(line) is { Success: true } resumed
                && unfinished.Remove(resumed.Groups["thread"].Value, out var first))
            {
                var end = first.Start + Seconds(resumed.Groups["duration"]);
                syncs.Add(new Sync(first.Path, first.Start, end));
            }
        }
        return [.. syncs.Where(sync => sync.Path.StartsWith(directory, StringComparison.Ordinal))];
    }

    public void Dispose()
    {
        _strace?.Dispose();
        _directory.Dispose();
    }

    private static double Seconds(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\d+\s+(?<time>[\d.]+) f\w+\(\d+<(?<path>[^>]*)>\)\s+= 0 <(?<duration>[\d.]+)>")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?<time>[\d.]+) f\w+\(\d+<(?<path>[^>]*)> <unfinished")]
    private static partial Regex Begun();

    [GeneratedRegex(@"^(?<thread>\d+)\s+[\d.]+ <\.\.\. f\w+ resumed>\)\s+= 0 <(?<duration>[\d.]+)>")]
    private static partial Regex Resumed();
}
