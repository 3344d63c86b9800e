namespace TinyKv.Persistence.Journal;

/// <summary>What waits for the writer thread. Closed: only the nested types derive from it.</summary>
internal abstract class CommitRequest
{
    // Whoever waits continues right here, on the writer thread: it only tells actors, and the disk is not free sooner.
    private readonly TaskCompletionSource _done = new();

    private CommitRequest() { }

    /// <summary>Completes when the request and all before it are on disk.</summary>
    public Task Done => _done.Task;

    /// <summary>How many bytes it adds to a batch, about.</summary>
    public virtual long Bytes => 0;

    /// <summary>Reports success.</summary>
    public void Succeed() => _done.TrySetResult();

    /// <summary>Reports failure.</summary>
    public void Fail(Exception cause) => _done.TrySetException(cause);

    /// <summary>Events of one persistence id, ascending, at least one; written all or none.</summary>
    public sealed class Append(string persistenceId, IReadOnlyList<LoggedEvent> events) : CommitRequest
    {
        public string PersistenceId => persistenceId;

        public IReadOnlyList<LoggedEvent> Events => events;

        public override long Bytes { get; } = events.Sum(logged => (long)logged.Value.Length);
    }

    /// <summary>Removal of the events up to a number.</summary>
    public sealed class Delete(string persistenceId, long to) : CommitRequest
    {
        public byte[] Start { get; } = JournalKeys.Event(persistenceId, 0);

        public byte[] End { get; } = JournalKeys.After(persistenceId, to);
    }

    /// <summary>Nothing to write: lets a read wait for the writes before it.</summary>
    public sealed class Barrier : CommitRequest;
}
