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
        // Who is no member is for the core to refuse.
        if (_spec.Region.PeerWith(envelope.From) is { } sender && sender.Store != from)
            Note(new Refusal(envelope.From, $"it is on {sender.Store}, and {from} says this"));
        else if (FirstUnreadable(envelope.Message) is { } entry)
            Note(new Refusal(envelope.From, $"entry {entry.Position} is no command of {_spec.Region.Id}"));
        else
            Perform(_core.Step(envelope));
    }

    // Once it is in the log, every replica has to apply it.
    private Entry? FirstUnreadable(RaftMessage message)
    {
        if (message is not RaftMessage.Append append) return null;
        foreach (var entry in append.Entries)
            if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) return entry;
        return null;
    }

    private void Note(Refusal refusal)
    {
        _refusals++;
        _lastRefusal = $"{refusal.From}: {refusal.Reason}";
        _telemetry.Refused();
        // A sender that is no member can call itself anything.
        var sender = _spec.Region.PeerWith(refusal.From) is null ? "strangers" : $"{refusal.From}";
        _limit.Warning(_log, sender, "{Region}: refused what {Sender} says: {Reason}",
            _spec.Region.Id, refusal.From, refusal.Reason);
    }
}
