using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Regions;

/// <summary>
/// One split of a region that this store leads: gets as many numbers as it needs from placement, and proposes it. An actor of
/// its own, so that a late answer is taken for no other.
/// </summary>
internal sealed class SplitStep : UntypedActor
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly RegionId _region;
    private readonly ReadOnlyMemory<byte> _key;
    private readonly IActorRef _store;
    private readonly Func<IActorRef?> _ids;
    private readonly List<ulong> _numbers = [];
    private int _needed;

    public SplitStep(RegionId region, ReadOnlyMemory<byte> key, IActorRef store, Func<IActorRef?> ids)
    {
        (_region, _key, _store, _ids) = (region, key, store, ids);
        SetReceiveTimeout(Limit);
        Propose();
    }

    /// <summary>What makes the actor.</summary>
    /// <param name="region">The region.</param>
    /// <param name="key">The first key of the new one.</param>
    /// <param name="store">Takes requests to the regions.</param>
    /// <param name="ids">Whom to ask for numbers now; null: nobody is known.</param>
    public static Props Props(RegionId region, ReadOnlyMemory<byte> key, IActorRef store, Func<IActorRef?> ids) =>
        Akka.Actor.Props.Create(() => new SplitStep(region, key, store, ids));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SplitNeedsNumbers needed when _needed == 0 && _ids() is { } ids:
                _needed = needed.Count;
                for (var i = 0; i < _needed; i++) ids.Tell(new PlacementAllocateId());
                break;
            case PlacementReply { Error: "" } reply:
                _numbers.Add(reply.Id);
                if (_numbers.Count == _needed) Propose();
                break;
            default:
                Context.Parent.Tell(new Ended(message is ReceiveTimeout ? "no answer in time" : message));
                Context.Stop(Self);
                break;
        }
    }

    private void Propose() => _store.Tell(new ProposeSplit(_region, _key, [.. _numbers]));

    /// <summary>To the parent: the region is split, or it is not.</summary>
    /// <param name="Answer">A <see cref="Core.Commands.RegionSplit"/>, or why not.</param>
    public sealed record Ended(object Answer);
}
