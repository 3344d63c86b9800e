using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Where the requests to a store read and write (TinyKV, project 1). Two implementations: <c>StandaloneStorage</c>
/// over the engine, <c>RaftStorage</c> over the replicated region.
/// </summary>
public interface IStorage
{
    /// <summary>Writes a batch, all of it or nothing. Null when it is durable and applied, else why not.</summary>
    /// <remarks>After <see cref="RegionError.StaleCommand"/>, or an exception (cancelled, store stopping), the
    /// outcome is unknown.</remarks>
    Task<RegionError?> WriteAsync(RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation);

    /// <summary>
    /// Writes a batch if <paramref name="condition"/> holds at the moment when it is applied, atomically.
    /// </summary>
    /// <remarks>As after <see cref="WriteAsync"/>.</remarks>
    Task<OutcomeOrRefusal> WriteIfAsync(
        RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation);

    /// <summary>A reader that sees every write that was acknowledged before the call. Dispose it.</summary>
    Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation);

    /// <summary>
    /// Executes writes and reads that came together; each is refused, done and told by itself. Returns at once.
    /// </summary>
    /// <param name="calls">May be for several regions. In no certain order.</param>
    /// <param name="done">Gets those that were told something at the same time, each call once; on any thread, an actor's
    /// among them: it must neither block nor throw.</param>
    void Execute(IReadOnlyList<StorageCall> calls, Action<IReadOnlyList<StorageCall>> done)
    {
        foreach (var call in calls) _ = SingleCalls.ExecuteAsync(this, call, done);
    }
}

/// <summary>A consistent view of one region. Dispose it (TinyKV: Close).</summary>
public interface IStorageReader : IDisposable
{
    /// <summary>The region as it was when the reader was made; keys outside it must not be asked for.</summary>
    Region Region { get; }

    /// <summary>The value of a key, or null when there is none.</summary>
    byte[]? GetCF(ColumnFamily family, ReadOnlySpan<byte> key);

    /// <summary>Walks over a range, cut to the region.</summary>
    IEngineIterator IterCF(ColumnFamily family, KeyRange range);

    /// <summary>As <see cref="IterCF"/>, from the end of the range downwards.</summary>
    IEngineIterator ReverseIterCF(ColumnFamily family, KeyRange range);
}

/// <summary>Exactly one of the two is set.</summary>
public readonly record struct OutcomeOrRefusal(ConditionOutcome? Outcome, RegionError? Refusal);

/// <summary>Exactly one of the two is set.</summary>
public readonly record struct ReaderOrRefusal(IStorageReader? Reader, RegionError? Refusal);
