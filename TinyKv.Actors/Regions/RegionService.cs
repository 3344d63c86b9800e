using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
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

    private readonly RegionReplies _replies = new(self);
    private int _calls;

    /// <summary>What makes the actor.</summary>
    public static Props Props(StoreId self, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new RegionService(self, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RegionTransfer or RegionMembers or SplitAt when _calls >= MaxCalls:
                Sender.Tell(new RegionReply { Error = $"{self} has {_calls} requests of this kind under way" });
                break;
            case RegionTransfer { ToStore: 0 } or RegionMembers { StoreId: 0 }:
                Sender.Tell(RegionReplies.Refused(RegionRefusalKind.NoSuchPeer, "store 0 is none"));
                break;
            case RegionTransfer transfer:
                Begin(new TransferLeadership(new RegionId(transfer.RegionId), new StoreId(transfer.ToStore)));
                break;
            case RegionMembers members:
                Begin(new ChangeMembers(new RegionId(members.RegionId), GoalOf(members), members.IfConfVer));
                break;
            case SplitAt split:
                Begin(new ProposeSplit(new RegionId(split.RegionId), split.Key.Memory, [.. split.Numbers]));
                break;
            case Ended ended:
                _calls--;
                ended.Asker.Tell(ended.Reply);
                break;
            default: Unhandled(message); break;
        }
    }

    private static MemberGoal GoalOf(RegionMembers members)
    {
        var store = new StoreId(members.StoreId);
        return members.HasPeer ? new MemberGoal.Voter(store, new PeerId(members.NewPeer)) : new MemberGoal.None(store);
    }

    private void Begin(RegionRequest request)
    {
        _calls++;
        var asker = Sender;
        Context.ActorOf(RegionCall.Props(
            answer => new Ended(asker, _replies.Of(request, answer)), request, store, timeout));
    }

    /// <summary>A region has answered, or not in time.</summary>
    private sealed record Ended(IActorRef Asker, RegionReply Reply);
}
