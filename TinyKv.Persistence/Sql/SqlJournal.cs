using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace TinyKv.Persistence.Sql;

/// <summary>
/// The journal of Akka.Persistence.Sql, kept to this system's rules: an empty batch succeeds, a queued write
/// is not cancelled, and storage that has failed for good is reported as <see cref="JournalFailed"/>.
/// </summary>
public sealed class SqlJournal : SqlWriteJournal
{
    // SQLite: the file or its disk cannot be written any more, the disk reports an error, the file is damaged, the disk
    // is full, the file is something else.
    private static readonly int[] FatalSqliteCodes = [8, 10, 11, 13, 26];

    private readonly EventStream _events;
    private readonly PostgreSqlFence? _fence;
    private volatile Exception? _failure;

    /// <summary>Called by Akka.Persistence with the plugin's section.</summary>
    public SqlJournal(Config config) : base(config)
    {
        _events = Context.System.EventStream;
        var fence = Context.System.Settings.Setup.Get<PostgreSqlFenceSetup>();
        _fence = fence.HasValue ? fence.Value.Fence : null;
        _fence?.WhenLost(cause => Report(JournalSetup.PostgreSql, cause));
    }

    /// <inheritdoc/>
    /// <remarks>One actor's time-out must not cancel a transaction that others share, nor hide its
    /// outcome.</remarks>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        if (writes.Count == 0) return Task.FromResult<IImmutableList<Exception>>(null!);
        return Watched(() => base.WriteMessagesAsync(writes, CancellationToken.None));
    }

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Watched(() => base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, cancellationToken));

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        Watched(() => base.ReplayMessagesAsync(
            context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback));

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(
        string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        Watched(() => base.DeleteMessagesToAsync(persistenceId, toSequenceNr, cancellationToken));

    private async Task<T> Watched<T>(Func<Task<T>> operation)
    {
        Task<T>? result = null;
        await Watched(() => (Task)(result = operation()));
        return await result!;
    }

    private async Task Watched(Func<Task> operation)
    {
        if (_failure is { } failure)
            throw new IOException($"the journal has failed: {failure.Message}", failure);
        try
        {
            await operation();
        }
        catch (Exception e) when (Find(e, IsFatal) is { } fatal)
        {
            Report(fatal is PostgresException ? JournalSetup.PostgreSql : JournalSetup.Sqlite, fatal);
            throw;
        }
    }

    private void Report(string journal, Exception cause)
    {
        if (Interlocked.CompareExchange(ref _failure, cause, null) is null)
            _events.Publish(new JournalFailed(journal, cause));
    }

    private static bool IsFatal(Exception e) => e switch
    {
        SqliteException sqlite => FatalSqliteCodes.Contains(sqlite.SqliteErrorCode),
        PostgresException refusal => refusal.SqlState == PostgreSqlFence.NotOwnerState,
        _ => false,
    };

    private static Exception? Find(Exception? e, Func<Exception, bool> wanted) => e switch
    {
        null => null,
        _ when wanted(e) => e,
        AggregateException many =>
            many.InnerExceptions.Select(inner => Find(inner, wanted)).FirstOrDefault(found => found is not null),
        _ => Find(e.InnerException, wanted),
    };
}
