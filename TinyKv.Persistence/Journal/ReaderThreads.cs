using System.Collections.Concurrent;

namespace TinyKv.Persistence.Journal;

/// <summary>A few threads for reads that block on the disk; many actors recovering at once wait in their
/// queue.</summary>
internal sealed class ReaderThreads : IDisposable
{
    private const int Count = 2;

    private readonly BlockingCollection<Action> _queue = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;

    /// <summary>Starts the threads.</summary>
    public ReaderThreads()
    {
        _threads = new Thread[Count];
        for (var i = 0; i < Count; i++)
        {
            _threads[i] = new Thread(Run) { Name = $"tinykv-journal-reader-{i}", IsBackground = true };
            _threads[i].Start();
        }
    }

    /// <summary>Runs a read; its token is cancelled when the threads are to end.</summary>
    public Task<T> Run<T>(Func<CancellationToken, T> read)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(() => Complete(result, read), CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            result.SetException(new ObjectDisposedException(nameof(ReaderThreads)));
        }
        return result.Task;
    }

    /// <summary>Cancels what runs, fails what waits, ends the threads.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _queue.CompleteAdding();
        foreach (var thread in _threads) thread.Join();
        _queue.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        foreach (var read in _queue.GetConsumingEnumerable(CancellationToken.None)) read();
    }

    private void Complete<T>(TaskCompletionSource<T> result, Func<CancellationToken, T> read)
    {
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            result.SetResult(read(_stop.Token));
        }
        catch (Exception e)
        {
            result.SetException(e);
        }
    }
}
