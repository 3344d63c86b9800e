using Akka.Persistence;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Raft;

// The log is compacted in this order: the engine has it for good, a checkpoint is in the journal, memory
// is freed and events are deleted. A deletion that fails, or that a crash cuts short, is made up for by the next one.
internal sealed partial class RaftPeer
{
    private void Compact(Effects effects)
    {
        if (effects.SyncEngine) _spec.EngineSync.Tell(new SyncEngine(_applied), Self);
        if (effects.Checkpoint is not { } checkpoint) return;
        _events.Add(checkpoint);
        StoreEvents();
    }

    private void Checkpointed(RaftCheckpoint checkpoint)
    {
        Perform(_core.Checkpointed());
        NoteJournaled(checkpoint);
        _telemetry.Compacted();
        DeleteMessages(LastSequenceNr - 1);
    }

    private void DeletionFailed(DeleteMessagesFailure failure) => _limit.Warning(_log, "deletion",
        "{Region}: the journal could not delete its events up to {Number}, which takes room until the next time: {Reason}",
        _spec.Region.Id, failure.ToSequenceNr, failure.Cause.Message);
}
