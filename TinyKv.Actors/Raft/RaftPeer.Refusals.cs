using TinyKv.Actors.Telemetry;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Raft;

// What others say is checked, not believed: the core knows the protocol, the state machine's commands are known here.
internal sealed partial class RaftPeer
{
    private readonly LogLimit _limit = new(Context.System.Scheduler);
    private long _refusals;
    private string _lastRefusal = "";

    private void Hear(StoreId from, RaftEnvelope envelope)
    {
        if (_core.Find(envelope.From) is { } sender && sender.Store != from)
            Note(from, $"speaks for the replica on {sender.Store}");
        else if (FirstUnreadable(envelope.Message) is { } entry)
            Note(from, $"entry {entry.Position} is no command of {_spec.Region.Id}");
        else if (envelope.Message is RaftMessage.Inquiry)
            Answer(from, envelope);
        else if (envelope.To != _spec.Self.Id)
            return; // for the replica that was here before, or for the next one
        else if (envelope.Message is RaftMessage.Removed removed)
            HearOfRemoval(envelope.From, removed.ConfVer);
        else
            Take(from, envelope);
    }

    private void Take(StoreId from, RaftEnvelope envelope)
    {
        Meet(envelope.From, from);
        var effects = _core.Step(envelope);
        if (effects.Refused is { } refusal) Note(from, refusal.Reason);
        Perform(effects);
    }

    // Once it is in the log, every replica has to apply it.
    private Entry? FirstUnreadable(RaftMessage message)
    {
        if (message is not RaftMessage.Append append) return null;
        foreach (var entry in append.Entries)
            if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) return entry;
        return null;
    }

    // The transport knows which store speaks; what the message calls its sender is that one's word.
    private void Note(StoreId from, string reason)
    {
        _refusals++;
        _lastRefusal = $"{from}: {reason}";
        _telemetry.Refused();
        _limit.Warning(_log, $"{from}", "{Region}: refused what {Store} says: {Reason}", _spec.Region.Id, from, reason);
    }
}
