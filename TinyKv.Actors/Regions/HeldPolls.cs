using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Polls, and requests for votes, of regions that are not here yet: whoever was split off on another store first stands for
/// election before the split is applied here. Of each sender the last one, for as many regions as are split at once.
/// </summary>
internal sealed class HeldPolls
{
    private const int MaxHeld = 10_000;

    private readonly Dictionary<RegionId, Dictionary<StoreId, InboundRaftMessage>> _held = [];
    private int _count;

    /// <summary>Holds a message, if it is one of these.</summary>
    public bool TryHold(InboundRaftMessage inbound)
    {
        if (inbound.Envelope.Message is not (RaftMessage.PreVote or RaftMessage.RequestVote)) return false;
        if (_held.TryGetValue(inbound.Region, out var senders) && senders.ContainsKey(inbound.From))
        {
            senders[inbound.From] = inbound;
            return true;
        }
        if (_count >= MaxHeld) Clear(); // most are of regions that will never be here
        if (!_held.TryGetValue(inbound.Region, out senders)) _held[inbound.Region] = senders = [];
        senders[inbound.From] = inbound;
        _count++;
        return true;
    }

    /// <summary>The messages for a region, which are held no more.</summary>
    public IReadOnlyCollection<InboundRaftMessage> Take(RegionId region)
    {
        if (!_held.Remove(region, out var senders)) return [];
        _count -= senders.Count;
        return senders.Values;
    }

    private void Clear()
    {
        _held.Clear();
        _count = 0;
    }
}
