using BenchmarkDotNet.Attributes;
using TinyKv.Persistence.Journal;

namespace TinyKv.Benchmarks.Micro;

/// <summary>Appends to the RocksDB journal, synced: how much of a sync each of several writers pays.</summary>
public class JournalAppend
{
    private const int EventBytes = 320;

    private string _directory = "";
    private RocksLog _log = null!;
    private GroupCommit _commits = null!;
    private string[] _writers = [];
    private long _number;

    /// <summary>Actors that wait for a write at the same time.</summary>
    [Params(1, 32, 128)]
    public int Writers { get; set; }

    /// <summary>Opens a journal in the current directory, which should be on a disk.</summary>
    [GlobalSetup]
    public void Open()
    {
        _directory = Path.GetFullPath($"journal-benchmark-{Guid.NewGuid():n}");
        _log = RocksLog.Open(_directory, sync: true);
        _commits = new GroupCommit(_log, _log.Write, _ => { });
        _writers = [.. Enumerable.Range(0, Writers).Select(writer => $"writer-{writer}")];
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Close()
    {
        _commits.Dispose();
        _log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>One event of each writer.</summary>
    [Benchmark]
    public Task Append()
    {
        _number++;
        return Task.WhenAll(_writers.Select(writer => _commits.Enqueue(new CommitRequest.Append(
            writer, [new LoggedEvent(_number, JournalKeys.Event(writer, _number), new byte[EventBytes])]))));
    }
}
