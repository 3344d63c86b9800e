using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Where regions are administered, on every store at <c>/user/regions</c>, by this store or by another. Only a region's leader
/// does what is asked of it; the others name the leader that they know.
/// </summary>
/// <param name="self">This store.</param>
/// <param name="store">Takes requests to the regions.</param>
/// <param name="timeout">How long a region may take.</param>
internal sealed class RegionService(StoreId self, IActorRef store, TimeSpan timeout) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "regions";

    // Those who administer regions are few.
    private const int MaxCalls = 64;

    private int _calls;

    /// <summary>What makes the actor.</summary>
    public static Props Props(StoreId self, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new RegionService(self, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RegionTransfer when _calls >= MaxCalls:
                Sender.Tell(new RegionReply { Error = $"{self} has {_calls} requests of this kind under way" });
                break;
            case RegionTransfer { ToStore: 0 }:
                Sender.Tell(Refused(RegionRefusalKind.NoSuchPeer, "store 0 is none"));
                break;
            case RegionTransfer transfer: Begin(transfer); break;
            case Ended ended:
                _calls--;
                ended.Asker.Tell(ReplyTo(ended.Transfer, ended.Answer));
                break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(RegionTransfer transfer)
    {
        _calls++;
        var asker = Sender;
        Context.ActorOf(RegionCall.Props(
            answer => new Ended(asker, transfer, answer),
            new TransferLeadership(new RegionId(transfer.RegionId), new StoreId(transfer.ToStore)), store, timeout));
    }

    private RegionReply ReplyTo(RegionTransfer transfer, object answer)
    {
        var (region, to) = (new RegionId(transfer.RegionId), new StoreId(transfer.ToStore));
        return answer switch
        {
            TransferOutcome.Done => new RegionReply(),
            TransferOutcome.GivenUp { Behind: > 0 } late => Refused(RegionRefusalKind.GivenUp,
                $"{to} lacks {late.Behind} entries of {region} and did not get them within an election timeout: "
                + "the leader has not changed; try again when it has caught up"),
            TransferOutcome.GivenUp => Refused(RegionRefusalKind.GivenUp,
                $"{to} was told to lead {region} and does not: it does not answer, or another was elected"),
            TransferOutcome.Refused { Reason: TransferRefusal.LeadsAlready } => new RegionReply { LedAlready = true },
            TransferOutcome.Refused { Reason: TransferRefusal.NoSuchPeer } =>
                Refused(RegionRefusalKind.NoSuchPeer, $"{to} has no replica of {region}"),
            TransferOutcome.Refused { Reason: TransferRefusal.IsLearner } => Refused(RegionRefusalKind.CannotLead,
                $"the replica of {region} on {to} is a learner, which cannot lead: promote it first"),
            TransferOutcome.Refused => Refused(RegionRefusalKind.CannotLead,
                $"{to} has lost entries of {region} that it had acknowledged: it cannot lead"),
            RegionError.RegionNotFound missing => new RegionReply { Error = missing.Message, WithoutReplica = self.Value },
            RegionError.NotLeader { Leader: { } leader } other =>
                new RegionReply { Error = other.Message, LeaderStore = leader.Store.Value },
            RegionError error => new RegionReply { Error = error.Message },
            _ => new RegionReply { Error = "the leader has changed" },
        };
    }

    private static RegionReply Refused(RegionRefusalKind kind, string text) =>
        new() { Refusal = (int)kind, RefusalText = text };

    /// <summary>A region has answered, or not in time.</summary>
    private sealed record Ended(IActorRef Asker, RegionTransfer Transfer, object Answer);
}
