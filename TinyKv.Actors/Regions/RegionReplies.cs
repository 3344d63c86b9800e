using TinyKv.Actors.Messages;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Internal;
using RegionSplit = TinyKv.Core.Commands.RegionSplit;

namespace TinyKv.Actors.Regions;

/// <summary>What whoever administers a region is told, from what its replica on a store answers.</summary>
/// <param name="self">The store.</param>
internal sealed class RegionReplies(StoreId self)
{
    /// <summary>What is told of a change that was begun.</summary>
    public const string Accepted = "the change is under way";

    /// <summary>The reply to a request, or what any request may be answered with.</summary>
    public RegionReply Of(RegionRequest request, object answer) => (request, answer) switch
    {
        (TransferLeadership transfer, TransferOutcome outcome) => Of(transfer, outcome),
        (ChangeMembers change, ConfChangeOutcome outcome) => Of(change, outcome),
        (ChangeMembers, NumberNeeded needed) =>
            new RegionReply { UnderWay = needed.Message, NeedsNumber = true, ConfVer = needed.ConfVer },
        (ProposeSplit { Region: var region }, _) => Of(region, answer),
        _ => OfAny(answer),
    };

    private RegionReply Of(RegionId region, object answer) => answer switch
    {
        SplitNeedsNumbers needed => new RegionReply { NeedsNumbers = (uint)needed.Count },
        RegionSplit(var left, var right) =>
            new RegionReply { Left = RegionErrors.ToWire(left), Right = RegionErrors.ToWire(right) },
        RegionError.KeyNotInRegion { Region: var known, Key: var key } when IsBorder(known, key) =>
            new RegionReply { NothingToDo = true, Left = RegionErrors.ToWire(known) },
        RegionError.KeyNotInRegion { Region: var known, Key: var key } => Refused(RegionRefusalKind.KeyNotInRegion,
            $"the key {Convert.ToHexString(key.Span)} is not in {region}, which has {known.Range}"),
        _ => OfAny(answer),
    };

    // It was split there before.
    private static bool IsBorder(Region region, ReadOnlyMemory<byte> key) =>
        !key.IsEmpty && (key.Span.SequenceEqual(region.Range.Start.Span) || key.Span.SequenceEqual(region.Range.End.Span));

    private RegionReply OfAny(object answer) => answer switch
    {
        RegionError.RegionNotFound missing => new RegionReply { Error = missing.Message, WithoutReplica = self.Value },
        RegionError.NotLeader { Leader: { } leader } other =>
            new RegionReply { Error = other.Message, LeaderStore = leader.Store.Value },
        RegionError error => new RegionReply { Error = error.Message },
        _ => new RegionReply { Error = "the leader has changed" },
    };

    /// <summary>Nobody will do it.</summary>
    public static RegionReply Refused(RegionRefusalKind kind, string text) =>
        new() { Refusal = (int)kind, RefusalText = text };

    private static RegionReply Of(TransferLeadership transfer, TransferOutcome outcome)
    {
        var (region, to) = (transfer.Region, transfer.To);
        return outcome switch
        {
            TransferOutcome.Done => new RegionReply(),
            TransferOutcome.GivenUp { Behind: > 0 } late => Refused(RegionRefusalKind.GivenUp,
                $"{to} lacks {late.Behind} entries of {region} and did not get them within an election timeout: "
                + "the leader has not changed; try again when it has caught up"),
            TransferOutcome.GivenUp => Refused(RegionRefusalKind.GivenUp,
                $"{to} was told to lead {region} and does not: it does not answer, or another was elected"),
            TransferOutcome.Refused { Reason: TransferRefusal.LeadsAlready } => new RegionReply { NothingToDo = true },
            TransferOutcome.Refused { Reason: TransferRefusal.NoSuchPeer } =>
                Refused(RegionRefusalKind.NoSuchPeer, $"{to} has no replica of {region}"),
            TransferOutcome.Refused { Reason: TransferRefusal.IsLearner } => Refused(RegionRefusalKind.NotPossible,
                $"the replica of {region} on {to} is a learner, which cannot lead: promote it first"),
            _ => Refused(RegionRefusalKind.NotPossible,
                $"{to} has lost entries of {region} that it had acknowledged: it cannot lead"),
        };
    }

    private static RegionReply Of(ChangeMembers change, ConfChangeOutcome outcome)
    {
        var (region, store) = (change.Region, change.Goal.Store);
        return outcome switch
        {
            ConfChangeOutcome.AlreadyDone => new RegionReply { NothingToDo = true },
            ConfChangeOutcome.Accepted => new RegionReply { UnderWay = Accepted },
            ConfChangeOutcome.Refused { Reason: ConfChangeRefusal.LastVoter } => Refused(RegionRefusalKind.NotPossible,
                $"the replica of {region} on {store} is the only one that votes: add another first"),
            ConfChangeOutcome.Refused { Reason: ConfChangeRefusal.TooManyMembers } => Refused(RegionRefusalKind.NotPossible,
                $"{region} has {Configuration.MaxMembers} replicas already: remove one first"),
            ConfChangeOutcome.Refused { Reason: ConfChangeRefusal.PeerIdUsed } used =>
                Refused(RegionRefusalKind.NotPossible, used.Message),
            ConfChangeOutcome.Refused { Message: var message } => new RegionReply { UnderWay = message },
            _ => new RegionReply { Error = "the leader has changed" },
        };
    }
}
