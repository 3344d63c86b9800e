using System.Diagnostics;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using Body = TinyKv.Protocol.Wire.Internal.PeerMessage.BodyOneofCase;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Raft;

/// <summary>
/// Raft's messages and journal events as bytes. Payloads are shared, not copied, between a message and its
/// wire form; so nobody may write to either.
/// </summary>
public static partial class RaftWire
{
    /// <summary>A message of one region's group, ready for a batch.</summary>
    public static Proto.PeerMessage ToWire(RegionId region, RaftEnvelope envelope)
    {
        var wire = new Proto.PeerMessage
        {
            RegionId = region.Value,
            FromPeer = envelope.From.Value,
            ToPeer = envelope.To.Value,
            Term = envelope.Term,
        };
        SetBody(wire, envelope.Message);
        return wire;
    }

    /// <summary>The message that was sent; the caller takes the region from the wire form.</summary>
    /// <exception cref="MalformedMessageException">It has no known body, or impossible numbers.</exception>
    public static RaftEnvelope FromWire(Proto.PeerMessage message)
    {
        WireCodec.Require(message.FromPeer != 0, "a message without a sender");
        WireCodec.Require(message.ToPeer != 0, "a message without a receiver");
        return new RaftEnvelope(
            new PeerId(message.FromPeer),
            new PeerId(message.ToPeer),
            WireCodec.Count(message.Term, "term"),
            ReadBody(message));
    }

    private static void SetBody(Proto.PeerMessage wire, RaftMessage message)
    {
        switch (message)
        {
            case RaftMessage.PreVote m:
                wire.PreVote = new Proto.PreVote { Last = EntryWire.ToWire(m.Last), Round = m.Round };
                break;
            case RaftMessage.PreVoteReply m:
                wire.PreVoteReply = new Proto.PreVoteReply { Granted = m.Granted, Round = m.Round };
                break;
            case RaftMessage.RequestVote m:
                wire.RequestVote = new Proto.RequestVote { Last = EntryWire.ToWire(m.Last), Transfer = m.IsTransfer };
                break;
            case RaftMessage.SnapshotOffer m:
                wire.SnapshotOffer = new Proto.SnapshotOffer { AtLeast = EntryWire.ToWire(m.AtLeast) };
                break;
            case RaftMessage.TimeoutNow m:
                wire.TimeoutNow = new Proto.TimeoutNow { Last = EntryWire.ToWire(m.Last) };
                break;
            case RaftMessage.Inquiry:
                wire.Inquiry = new Proto.Inquiry();
                break;
            case RaftMessage.Removed m:
                wire.Removed = new Proto.Removed { ConfVer = m.ConfVer };
                break;
            case RaftMessage.Vote m:
                wire.Vote = new Proto.Vote { Granted = m.Granted };
                break;
            case RaftMessage.Append m:
                wire.Append = new Proto.Append
                {
                    Previous = EntryWire.ToWire(m.Previous),
                    Commit = m.Commit,
                    CompactIndex = m.CompactIndex,
                };
                EntryWire.AddTo(wire.Append.Entries, m.Entries);
                break;
            case RaftMessage.Appended m:
                wire.Appended = new Proto.Appended { Match = m.Match };
                break;
            case RaftMessage.Rejected m:
                wire.Rejected = new Proto.Rejected { Previous = m.Previous, Hint = EntryWire.ToWire(m.Hint) };
                break;
            case RaftMessage.Heartbeat m:
                wire.Heartbeat = new Proto.Heartbeat
                {
                    Commit = m.Commit,
                    Round = m.Round,
                    Acknowledged = EntryWire.ToWire(m.Acknowledged),
                    CompactIndex = m.CompactIndex,
                };
                break;
            case RaftMessage.HeartbeatReply m:
                wire.HeartbeatReply = new Proto.HeartbeatReply
                {
                    Round = m.Round,
                    Acknowledged = EntryWire.ToWire(m.Acknowledged),
                    Held = EntryWire.ToWire(m.Held),
                };
                break;
            default:
                throw new UnreachableException($"no wire form for {message.GetType()}");
        }
    }

    private static RaftMessage ReadBody(Proto.PeerMessage wire) => wire.BodyCase switch
    {
        Body.PreVote => new RaftMessage.PreVote(
            EntryWire.FromWire(wire.PreVote.Last), Round(wire.PreVote.Round)),
        Body.PreVoteReply => new RaftMessage.PreVoteReply(
            wire.PreVoteReply.Granted, Round(wire.PreVoteReply.Round)),
        Body.RequestVote => new RaftMessage.RequestVote(
            EntryWire.FromWire(wire.RequestVote.Last), wire.RequestVote.Transfer),
        Body.SnapshotOffer => new RaftMessage.SnapshotOffer(EntryWire.FromWire(wire.SnapshotOffer.AtLeast)),
        Body.TimeoutNow => new RaftMessage.TimeoutNow(EntryWire.FromWire(wire.TimeoutNow.Last)),
        Body.Inquiry => new RaftMessage.Inquiry(),
        Body.Removed => new RaftMessage.Removed(wire.Removed.ConfVer),
        Body.Vote => new RaftMessage.Vote(wire.Vote.Granted),
        Body.Append => ReadAppend(wire.Append),
        Body.Appended => new RaftMessage.Appended(WireCodec.Count(wire.Appended.Match, "match")),
        Body.Rejected => new RaftMessage.Rejected(
            WireCodec.Count(wire.Rejected.Previous, "previous"), EntryWire.FromWire(wire.Rejected.Hint)),
        Body.Heartbeat => new RaftMessage.Heartbeat(
            WireCodec.Count(wire.Heartbeat.Commit, "commit"), Round(wire.Heartbeat.Round),
            EntryWire.FromWire(wire.Heartbeat.Acknowledged), WireCodec.Count(wire.Heartbeat.CompactIndex, "compact index")),
        Body.HeartbeatReply => new RaftMessage.HeartbeatReply(Round(wire.HeartbeatReply.Round),
            EntryWire.FromWire(wire.HeartbeatReply.Acknowledged), EntryWire.FromWire(wire.HeartbeatReply.Held)),
        _ => throw new MalformedMessageException("a Raft message without a known body"),
    };

    private static RaftMessage.Append ReadAppend(Proto.Append wire)
    {
        var previous = EntryWire.FromWire(wire.Previous);
        var entries = EntryWire.FromWire(wire.Entries);
        if (!entries.IsEmpty) EntryWire.RequireSuccessor(previous, entries[0].Position);
        return new RaftMessage.Append(
            previous, entries, WireCodec.Count(wire.Commit, "commit"), WireCodec.Count(wire.CompactIndex, "compact index"));
    }

    private static long Round(long round) => WireCodec.Count(round, "round");
}
