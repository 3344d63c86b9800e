using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Raft;

/// <summary>The journal of a replica that was removed is gone; to the parent.</summary>
internal sealed record JournalErased(RegionRecord Record);

/// <summary>
/// Erases the journal of a replica that was removed, and notes in the engine that it has. The engine must know of the removal
/// for certain first: a replica without its journal would have forgotten what it promised. Ends when it is done, or has failed.
/// Blocks on the disk.
/// </summary>
/// <param name="persistenceId">The journal.</param>
/// <param name="record">What the engine says of the region.</param>
/// <param name="engine">The engine.</param>
internal sealed class JournalEraser(string persistenceId, RegionRecord record, IEngine engine) : UntypedPersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>What makes the actor.</summary>
    public static Props Props(string persistenceId, RegionRecord record, IEngine engine) =>
        Akka.Actor.Props.Create(() => new JournalEraser(persistenceId, record, engine));

    /// <inheritdoc/>
    public override string PersistenceId => persistenceId;

    // Only the number of the last event is needed.
    /// <inheritdoc/>
    public override Recovery Recovery => new(SnapshotSelectionCriteria.None, toSequenceNr: long.MaxValue, replayMax: 0);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        if (message is not RecoveryCompleted) return;
        engine.Sync();
        if (LastSequenceNr == 0) Erased();
        else DeleteMessages(LastSequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case DeleteMessagesSuccess: Erased(); break;
            case DeleteMessagesFailure failure:
                _log.Warning(failure.Cause, "The journal of the replica of {Region} that was removed is not erased yet",
                    record.Region.Id);
                Context.Stop(Self);
                break;
            default: Unhandled(message); break;
        }
    }

    private void Erased()
    {
        var erased = record with { JournalBorn = false };
        using var batch = engine.NewBatch();
        MetaRecords.Write(batch, erased);
        engine.Write(batch, sync: false);
        Context.Parent.Tell(new JournalErased(erased));
        Context.Stop(Self);
    }
}
