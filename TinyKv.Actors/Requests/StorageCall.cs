using System.Diagnostics;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>
/// A write or a read of one region that is executed together with others. The storage tells it one thing, once: that it is
/// refused, done, may read, or has failed; it does so from any thread, and what is told must not block it.
/// </summary>
/// <param name="context">Which replica it is for.</param>
public abstract class StorageCall(RequestContext context)
{
    /// <summary>Which replica it is for.</summary>
    public RequestContext Context => context;

    /// <summary>What it writes, all of it or nothing; null: it reads.</summary>
    public IReadOnlyList<Modify>? Batch { get; init; }

    /// <summary>It is written only if this holds when it is applied.</summary>
    public Condition? Condition { get; init; }

    /// <summary>How many keys it reads, at most.</summary>
    public int Keys { get; init; } = 1;

    /// <summary>The caller's span; the default one: it traces nothing.</summary>
    public ActivityContext Trace { get; init; }

    /// <summary>It was not done, unless this is <see cref="RegionError.StaleCommand"/>: then that is not known.</summary>
    public abstract void Refuse(RegionError refusal);

    /// <summary>The write is durable and applied.</summary>
    /// <param name="outcome">What became of the condition; null when there is none.</param>
    public abstract void Written(ConditionOutcome? outcome);

    /// <summary>It may read what was acknowledged before it was called, until this returns. An exception is told it as
    /// <see cref="Fail"/>.</summary>
    public abstract void Read(IStorageReader reader);

    /// <summary>Nobody knows what became of it.</summary>
    public abstract void Fail(Exception failure);
}
