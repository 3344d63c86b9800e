using System.Collections.Concurrent;
using Akka.Actor.Setup;

namespace TinyKv.Persistence.Journal;

/// <summary>The journals of an actor system that are being closed: that takes as long as the disk wants, and the actor
/// system does not wait for it. Goes to the journal through the actor system's setup.</summary>
internal sealed class ClosingJournals : Setup
{
    private readonly ConcurrentBag<Task> _closing = [];

    /// <summary>A journal is being closed.</summary>
    public void Add(Task closing) => _closing.Add(closing);

    /// <summary>Waits until all are closed.</summary>
    public void Wait() => Task.WaitAll([.. _closing]);
}
