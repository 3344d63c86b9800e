using System.Diagnostics;
using RocksDbSharp;

namespace TinyKv.Persistence.Journal;

/// <summary>
/// The one thread that writes to the log. Whatever has queued up while the disk was busy with one batch makes
/// up the next, so that one sync serves the writes of many actors.
/// </summary>
/// <remarks>
/// A thread of its own, not a pool's: it blocks on the disk for most of its life.
/// </remarks>
internal sealed class GroupCommit : IDisposable
{
    /// <summary>The most requests in one batch.</summary>
    public const int MaxRequests = 1024;

    /// <summary>A batch takes no further requests from this size on.</summary>
    public const long MaxBytes = 4 * 1024 * 1024;

    private readonly RocksLog _log;
    private readonly Action<WriteBatch> _write;
    private readonly Action<Exception> _onFailure;
    private readonly Lock _lock = new();
    private readonly Sleeper _sleeper = new();
    private readonly Thread _writer;

    // Guarded by the lock.
    private readonly Queue<CommitRequest> _queue = new();
    private bool _closed;
    private bool _asleep;

    // The writer thread's own.
    private readonly List<CommitRequest> _batch = [];
    private readonly Dictionary<string, long> _highest = [];

    private volatile Exception? _failure;

    /// <summary>Starts the writer thread.</summary>
    /// <param name="log">The log, which stays the caller's to dispose.</param>
    /// <param name="write">Puts a batch into the log and on disk.</param>
    /// <param name="onFailure">Told, once, that a write has failed; all later requests fail, too.</param>
    public GroupCommit(RocksLog log, Action<WriteBatch> write, Action<Exception> onFailure)
    {
        _log = log;
        _write = write;
        _onFailure = onFailure;
        _writer = new Thread(Run) { Name = "tinykv-journal-writer", IsBackground = true };
        _writer.Start();
    }

    /// <summary>Queues a request; completes when it and all before it are on disk.</summary>
    public Task Enqueue(CommitRequest request)
    {
        bool wake;
        lock (_lock)
        {
            if (_closed) return Task.FromException(new ObjectDisposedException(nameof(GroupCommit)));
            _queue.Enqueue(request);
            wake = _asleep;
            _asleep = false;
        }
        if (wake) _sleeper.Wake();
        return request.Done;
    }

    /// <summary>Makes every later request fail, because a read has found the log damaged.</summary>
    public void Fail(Exception cause)
    {
        if (Interlocked.CompareExchange(ref _failure, cause, null) is null) _onFailure(cause);
    }

    /// <summary>Commits what is queued and ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
        }
        _sleeper.Wake();
        _writer.Join();
    }

    private void Run()
    {
        while (Gather())
        {
            Commit();
            _batch.Clear();
        }
    }

    // Waits for requests and takes them out; false when there will be none.
    private bool Gather()
    {
        while (true)
        {
            lock (_lock)
            {
                for (var bytes = 0L; _batch.Count < MaxRequests && bytes < MaxBytes && _queue.TryDequeue(out var next);)
                {
                    bytes += next.Bytes;
                    _batch.Add(next);
                }
                if (_batch.Count > 0) return true;
                if (_closed) return false;
                _asleep = true;
            }
            _sleeper.Sleep();
        }
    }

    private void Commit()
    {
        if (_failure is null)
        {
            try
            {
                using var batch = new WriteBatch();
                foreach (var request in _batch) Add(request, batch);
                if (batch.Count() > 0) Write(batch);
            }
            catch (Exception e)
            {
                Fail(e);
            }
        }
        foreach (var request in _batch)
        {
            if (_failure is { } cause)
                request.Fail(new IOException($"the journal has failed: {cause.Message}", cause));
            else request.Succeed();
        }
    }

    private void Write(WriteBatch batch)
    {
        var started = Stopwatch.GetTimestamp();
        _write(batch);
        JournalMetrics.Committed(_batch, started);
    }

    private void Add(CommitRequest request, WriteBatch batch)
    {
        switch (request)
        {
            case CommitRequest.Append append when IsNew(append):
                _log.Append(batch, append.PersistenceId, append.Events);
                _highest[append.PersistenceId] = append.Events[^1].SequenceNumber;
                break;
            case CommitRequest.Append append:
                // Two actors write under one id; the recovered one is ahead of the other.
                request.Fail(new InvalidOperationException(
                    $"event {append.Events[0].SequenceNumber} of {append.PersistenceId} was written before"));
                break;
            case CommitRequest.Delete delete:
                RocksLog.Delete(batch, delete.Start, delete.End);
                break;
        }
    }

    private bool IsNew(CommitRequest.Append append)
    {
        if (!_highest.TryGetValue(append.PersistenceId, out var highest))
            highest = _highest[append.PersistenceId] = _log.Highest(append.PersistenceId);
        return append.Events[0].SequenceNumber > highest;
    }
}
