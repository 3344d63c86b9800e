using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>One request on its way.</summary>
internal sealed class Attempt(IRoutedRequest request, Func<double> draw)
{
    private static readonly RegionError NobodyAsked = new RegionError.NotLeader(null, null);

    private Retries? _retries;
    private int _guesses;
    private bool _underWay; // a write that may be done by somebody right now

    public IRoutedRequest Request => request;

    /// <summary>Whether it is for a part of a request, others of which may be done already.</summary>
    public bool IsPart { get; init; }

    /// <summary>The region of its first key, when others have some of its keys.</summary>
    public Region? Spanned { get; set; }

    /// <summary>Most requests need none.</summary>
    public Retries Retries => _retries ??= new Retries(draw);

    /// <summary>Whom the last answer named as the leader.</summary>
    public Peer? Hint { get; private set; }

    /// <summary>Why it was refused last.</summary>
    public RegionError LastRefusal { get; private set; } = NobodyAsked;

    /// <summary>Whom to ask where nobody hears who leads: who was said to, then one replica after the other.</summary>
    public Peer? Guess(LocatedRegion known)
    {
        var peers = known.Region.Peers;
        if (_guesses++ == 0 && known.Leader is { } leader) return leader;
        return peers.IsEmpty ? null : peers[_guesses % peers.Length];
    }

    /// <summary>What it is told when the time is over.</summary>
    public IRawReply Unanswered() => _underWay ? request.OutcomeUnknown() : request.Refused(LastRefusal);

    public void Begin() => _underWay = !request.IsRead;

    /// <summary>Nobody is known who has the region.</summary>
    public TimeSpan Nowhere()
    {
        LastRefusal = new RegionError.RegionNotFound(null);
        return Retries.After(RetryReason.RegionMoved);
    }

    /// <summary>What was begun never left.</summary>
    public void NeverSent() => _underWay = false;

    /// <summary>Takes an answer in; null: it is final, otherwise how long to wait for the next attempt.</summary>
    public TimeSpan? End(IRawReply? reply, Peer asked)
    {
        (_underWay, Hint) = (false, null);
        if (reply is null) return Retries.After(RetryReason.Unreachable);
        if (reply.RegionError is not { } error || RegionErrors.FromWire(error) is not { } refusal) return null;
        LastRefusal = refusal;
        // Whoever asked is to slow down, which it would not if its request waited here.
        if (refusal is RegionError.ServerIsBusy && !IsPart) return null;
        if (Retries.MayBeDone(refusal, request.IsRead)) return null;
        if (refusal is RegionError.NotLeader named && named.Leader == asked) refusal = named with { Leader = null };
        Hint = (refusal as RegionError.NotLeader)?.Leader;
        return Retries.After(refusal);
    }
}
