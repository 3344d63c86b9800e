using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Wire.Internal;
using AllocateIds = TinyKv.Core.Commands.AllocateIds;
using Command = TinyKv.Core.Commands.Command;
using ReserveTimestamps = TinyKv.Core.Commands.ReserveTimestamps;

namespace TinyKv.Actors.Placement;

/// <summary>
/// Where ids and timestamps are asked for, on every store at <c>/user/placement</c>, by this store or by another. Only
/// the placement leader's gives any; the others name the leader that they know. Requests that come while a call is
/// under way share the next one.
/// </summary>
/// <remarks>
/// A timestamp must exceed all that were handed out before it was asked for. So leadership is confirmed for each
/// batch after its last request came (a read index): at that moment no later leader had handed out any, and none will
/// hand out one inside this leader's windows.
/// </remarks>
internal sealed class PlacementService(IActorRef store, Func<DateTimeOffset> clock, TimeSpan timeout) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "placement";

    // How much is reserved at once, and so about what a change of leader moves timestamps ahead of the clock.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    private readonly TimestampOracle _oracle = new();
    private readonly List<PendingAllocation> _ids = [];
    private readonly List<PendingAllocation> _timestamps = [];
    private readonly Queue<PendingAllocation> _confirmed = new();
    private List<PendingAllocation>? _idsCall;
    private List<PendingAllocation>? _confirmCall;
    private bool _reserving;

    /// <summary>What makes the actor.</summary>
    /// <param name="store">Takes requests to the placement group.</param>
    /// <param name="clock">The wall clock; may jump.</param>
    /// <param name="timeout">How long the group may take: a leader that is cut off from its followers gives no
    /// answer, and others may have elected one meanwhile.</param>
    public static Props Props(IActorRef store, Func<DateTimeOffset> clock, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new PlacementService(store, clock, timeout));

    private long NowMs => clock().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PlacementAllocateId:
                _ids.Add(new PendingAllocation(Sender, 1));
                AllocateWaiting();
                break;
            case PlacementAllocateTimestamps { Count: < 1 or >= (uint)TimestampOracle.LogicalEnd } wrong:
                Sender.Tell(new PlacementReply { Error = $"{wrong.Count} timestamps cannot be had at once" });
                break;
            case PlacementAllocateTimestamps request:
                _timestamps.Add(new PendingAllocation(Sender, (int)request.Count));
                ConfirmWaiting();
                break;
            case CallEnded { Kind: CallKind.Ids } ended: Allocated(ended.Answer); break;
            case CallEnded { Kind: CallKind.Confirm } ended: Confirmed(ended.Answer); break;
            case CallEnded ended: Reserved(ended.Answer); break;
            default: Unhandled(message); break;
        }
    }

    private void AllocateWaiting()
    {
        if (_idsCall is not null || _ids.Count == 0) return;
        _idsCall = [.. _ids];
        _ids.Clear();
        Begin(CallKind.Ids, new AllocateIds((uint)_idsCall.Count));
    }

    private void Allocated(object answer)
    {
        var waiting = _idsCall!;
        _idsCall = null;
        if (answer is IdsAllocated ids)
        {
            for (var i = 0; i < waiting.Count; i++)
                waiting[i].Asker.Tell(new PlacementReply { Id = ids.First + (ulong)i });
        }
        else
        {
            Refuse(waiting, answer);
        }
        AllocateWaiting();
    }

    private void ConfirmWaiting()
    {
        if (_confirmCall is not null || _timestamps.Count == 0) return;
        _confirmCall = [.. _timestamps];
        _timestamps.Clear();
        Begin(CallKind.Confirm, new Read(RegionId.Placement, null));
    }

    private void Confirmed(object answer)
    {
        var waiting = _confirmCall!;
        _confirmCall = null;
        if (answer is PlacementView view && view.Term >= _oracle.Term)
        {
            if (view.Term > _oracle.Term) _oracle.Begin(view.Term, view.TimestampsEndMs);
            waiting.ForEach(_confirmed.Enqueue);
            ServeConfirmed();
        }
        else
        {
            Refuse(waiting, answer);
        }
        ConfirmWaiting();
    }

    private void ServeConfirmed()
    {
        while (_confirmed.TryPeek(out var asked) && _oracle.Next(asked.Count, NowMs) is { } last)
        {
            _confirmed.Dequeue();
            asked.Asker.Tell(new PlacementReply { Physical = last.Physical, Logical = last.Logical });
        }
        if (_reserving || (_confirmed.Count == 0 && !_oracle.IsLow(NowMs, Window))) return;
        if (NowMs >= TimestampOracle.EndOfTimeMs)
        {
            // To reserve up to there would leave nothing when the clock is right again.
            RefuseConfirmed($"the clock of the placement leader is set to {clock():u}, beyond the last timestamp");
            return;
        }
        var until = _oracle.NextEnd(NowMs, Window);
        if (until == _oracle.End)
        {
            RefuseConfirmed("all timestamps up to the last are reserved: a clock was set too far ahead");
            return;
        }
        _reserving = true;
        Begin(CallKind.Reserve, new ReserveTimestamps(until));
    }

    private void Reserved(object answer)
    {
        _reserving = false;
        // A window of another term may not be this oracle's alone.
        if (answer is TimestampsReserved reserved && reserved.Term == _oracle.Term)
        {
            _oracle.Extend(reserved.EndMs);
            if (_confirmed.Count > 0) ServeConfirmed();
        }
        else
        {
            Refuse(_confirmed, answer);
            _confirmed.Clear();
        }
    }

    private void RefuseConfirmed(string why)
    {
        Refuse(_confirmed, why, StoreId.None);
        _confirmed.Clear();
    }

    private void Begin(CallKind kind, Command command) =>
        Begin(kind, new Propose(RegionId.Placement, null, CommandCodec.Encode(command), []));

    private void Begin(CallKind kind, RegionRequest request) =>
        Context.ActorOf(RegionCall.Props(answer => new CallEnded(kind, answer), request, store, timeout));

    private static void Refuse(IEnumerable<PendingAllocation> waiting, object answer)
    {
        var leader = answer is RegionError.NotLeader { Leader: { } known } ? known.Store : StoreId.None;
        var why = answer is RegionError refusal ? refusal.Message : "the placement leader has changed";
        Refuse(waiting, why, leader);
    }

    private static void Refuse(IEnumerable<PendingAllocation> waiting, string why, StoreId leader)
    {
        foreach (var asked in waiting)
            asked.Asker.Tell(new PlacementReply { Error = why, LeaderStore = leader.Value });
    }

    private readonly record struct PendingAllocation(IActorRef Asker, int Count);
}
