using RocksDbSharp;
using TinyKv.Persistence.Journal;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Journal;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RocksLog _log;
    private readonly List<Exception> _failures = [];
    private readonly List<int> _batches = [];
    private readonly SemaphoreSlim _disk = new(0);
    private readonly SemaphoreSlim _writing = new(0);
    private readonly GroupCommit _commits;

    private Exception? _fault;

    public GroupCommitTests()
    {
        _log = RocksLog.Open(_directory.Path, sync: true);
        _commits = new GroupCommit(_log, Write, _failures.Add);
    }

    public void Dispose()
    {
        _disk.Release(1000);
        _commits.Dispose();
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Writes_that_wait_for_the_disk_go_into_one_batch()
    {
        var first = Append("first", 1);
        await _writing.WaitAsync();
        var others = Enumerable.Range(0, 100).Select(i => Append($"actor-{i}", 1)).ToArray();
        _disk.Release(2);

        await Task.WhenAll([first, .. others]);
        // Each append is an event and a highest number.
        Assert.Equal([2, 200], _batches);
    }

    [Fact]
    public async Task A_batch_ends_at_its_limit_of_bytes()
    {
        var first = Append("first", 1);
        await _writing.WaitAsync();
        var others = Enumerable.Range(0, 3)
            .Select(i => Append($"actor-{i}", 1, (int)GroupCommit.MaxBytes / 2)).ToArray();
        _disk.Release(3);

        await Task.WhenAll([first, .. others]);
        Assert.Equal([2, 4, 2], _batches);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_it_is_written()
    {
        var write = Append("a", 1);
        await _writing.WaitAsync();
        var barrier = _commits.Enqueue(new CommitRequest.Barrier());
        Assert.False(write.IsCompleted);
        Assert.False(barrier.IsCompleted);

        _disk.Release();

        await write;
        await barrier;
        Assert.Equal(1, _log.Highest("a"));
    }

    [Fact]
    public async Task After_a_failed_write_all_that_wait_and_all_that_follow_fail()
    {
        var failing = Append("a", 1);
        await _writing.WaitAsync();
        var waiting = Append("b", 1);
        _fault = new IOException("no space");
        _disk.Release(2);

        await Assert.ThrowsAsync<IOException>(() => failing);
        await Assert.ThrowsAsync<IOException>(() => waiting);
        _fault = null;
        await Assert.ThrowsAsync<IOException>(() => Append("c", 1));
        await Assert.ThrowsAsync<IOException>(() => _commits.Enqueue(new CommitRequest.Barrier()));
        Assert.Equal("no space", Assert.Single(_failures).Message);
        Assert.Empty(_batches);
    }

    [Fact]
    public async Task A_number_used_before_fails_alone()
    {
        _disk.Release(2);
        await Append("a", 5);
        var again = Append("a", 5);
        var other = Append("b", 1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => again);
        await other;
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task Nothing_that_comes_while_the_writer_falls_asleep_is_forgotten()
    {
        const int Writers = 4, Each = 1_000;
        _disk.Release(Writers * Each);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 1; i <= Each; i++) await Append($"writer-{writer}", i).WaitAsync(TimeSpan.FromSeconds(20));
        })));
    }

    [Fact]
    public async Task What_is_queued_at_the_end_is_still_written()
    {
        var writes = Enumerable.Range(0, 10).Select(i => Append($"actor-{i}", 1)).ToArray();
        _disk.Release(1000);
        _commits.Dispose();

        await Task.WhenAll(writes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Append("late", 1));
    }

    private Task Append(string id, long number, int bytes = 1) => _commits.Enqueue(
        new CommitRequest.Append(
            id, [new LoggedEvent(number, JournalKeys.Event(id, number), new byte[bytes])]));

    private void Write(WriteBatch batch)
    {
        _writing.Release();
        _disk.Wait();
        if (_fault is not null) throw _fault;
        _log.Write(batch);
        _batches.Add(batch.Count());
    }
}
