using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Protocol;
using TinyKv.Protocol.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using SnapshotCursor = TinyKv.Core.Snapshots.SnapshotCursor;

namespace TinyKv.Actors.Snapshots;

/// <summary>
/// The snapshots that go to and from this store: an actor for each, few at once, and a bound on what leaves. Blocks on the
/// disk, on threads that nobody else waits for.
/// </summary>
internal sealed partial class SnapshotsActor : UntypedActor, IWithTimers
{
    /// <summary>The actor's name: it is at <c>/user/snapshots</c>.</summary>
    public const string Name = "snapshots";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly SnapshotsSpec _spec;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LogLimit _limit = new(Context.System.Scheduler);
    private readonly SnapshotMetrics _metrics;
    private readonly RateLimit _rate;
    private readonly Queue<(TimeSpan Due, OutboundSnapshotMessage Message)> _leaving = new();
    private readonly Dictionary<(StoreId To, RegionId Region), (ulong Id, IActorRef Actor)> _sends = [];
    private readonly Dictionary<IActorRef, SnapshotProgress> _progress = [];

    public SnapshotsActor(SnapshotsSpec spec)
    {
        _spec = spec;
        _metrics = new SnapshotMetrics(spec.Self);
        _rate = new RateLimit(spec.Settings.BytesPerSecond);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(SnapshotsSpec spec) => Akka.Actor.Props.Create(() => new SnapshotsActor(spec));

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _log.Warning("{Snapshot} has failed: {Reason}", Sender.Path.Name, reason.Message);
        return Directive.Stop;
    });

    // What is reserved for whom would not be known any more.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        StoreFailed.Publish(Context.System, "the snapshots have failed", reason);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EncodedSnapshotMessage encoded: Receive(encoded); break;
            case OutboundSnapshotMessage outbound: Send(outbound); break;
            case Due: SendDue(); break;
            case SnapshotProgress progress: _progress[Sender] = progress; break;
            case DescribeSnapshots: Sender.Tell(new SnapshotsUnderWay([.. _progress.Values])); break;
            case Terminated stopped: Ended(stopped.ActorRef); break;
            default: Fetching(message); break;
        }
    }

    // Whatever arrives was written by others: nothing in it may stop this actor.
    private void Receive(EncodedSnapshotMessage encoded)
    {
        try
        {
            var message = encoded.Parse();
            switch (message.BodyCase)
            {
                case SnapshotMessage.BodyOneofCase.Pull: Pulled(encoded.From, message); break;
                case SnapshotMessage.BodyOneofCase.End:
                    foreach (var (key, send) in _sends)
                        if (key.To == encoded.From && send.Id == message.Id) Stop(key);
                    break;
                case SnapshotMessage.BodyOneofCase.Part or SnapshotMessage.BodyOneofCase.Refusal:
                    FetchOf(encoded.From, message.Id)?.Tell(message);
                    break;
                default: throw new MalformedMessageException("a snapshot message without a known body");
            }
        }
        catch (MalformedMessageException e)
        {
            _limit.Warning(_log, "malformed", "Dropped what {Store} says of a snapshot: {Reason}",
                encoded.From, ForeignText.Line(e.Message));
        }
    }

    private void Pulled(StoreId from, SnapshotMessage message)
    {
        var pull = new ChunkPull(SnapshotWire.FromWire(message.Pull.At), (int)message.Pull.Ahead);
        if (pull.Ahead is < 0 or >= SnapshotsSpec.Window)
            throw new MalformedMessageException($"a pull of a chunk {message.Pull.Ahead} ahead");
        if (SendTo(from, message.Id, new RegionId(message.Pull.RegionId), pull) is { } send) send.Tell(pull);
    }

    private IActorRef? SendTo(StoreId to, ulong id, RegionId region, ChunkPull pull)
    {
        var isKnown = _sends.TryGetValue((to, region), out var known);
        if (isKnown && known.Id == id) return known.Actor;
        if (pull.At != SnapshotCursor.Start) return Refuse(to, id, SnapshotRefusalReason.Gone);
        // Who begins anew has given up what he had begun, and has its place.
        if (isKnown) Stop((to, region));
        if (_sends.Count >= _spec.Settings.MaxConcurrent) return Refuse(to, id, SnapshotRefusalReason.Busy);
        var send = Context.Watch(Context.ActorOf(
            SnapshotSend.Props(_spec, to, id, region).WithDispatcher(Context.Props.Dispatcher)));
        _sends[(to, region)] = (id, send);
        return send;
    }

    private void Stop((StoreId To, RegionId Region) key)
    {
        if (_sends.Remove(key, out var send)) send.Actor.Tell(new SnapshotEnd());
    }

    private IActorRef? Refuse(StoreId to, ulong id, SnapshotRefusalReason reason)
    {
        Post(new OutboundSnapshotMessage(to, new SnapshotMessage
        {
            Id = id,
            Refusal = new SnapshotRefusal { Reason = (uint)reason },
        }));
        return null;
    }

    private void Send(OutboundSnapshotMessage outbound)
    {
        if (outbound.Message.BodyCase == SnapshotMessage.BodyOneofCase.Pull) Remember(outbound, Sender);
        var bytes = outbound.Message.BodyCase == SnapshotMessage.BodyOneofCase.Part ? outbound.Message.CalculateSize() : 0;
        if (bytes == 0)
        {
            Post(outbound);
            return;
        }
        var delay = _rate.Take(bytes, Now);
        _leaving.Enqueue((Now + delay, outbound));
        if (_leaving.Count == 1) SendDue();
    }

    private void SendDue()
    {
        var now = Now;
        while (_leaving.TryPeek(out var next) && next.Due <= now)
        {
            _leaving.Dequeue();
            if (!IsWanted(next.Message)) continue;
            _metrics.Sent(next.Message.Message.Part.Chunk.Length);
            Post(next.Message);
        }
        if (!_leaving.TryPeek(out var later)) return;
        // A timer that is early by less than it can tell would be set again at once.
        var delay = later.Due - now > Shortest ? later.Due - now : Shortest;
        Timers.StartSingleTimer(Due.Instance, Due.Instance, delay);
    }

    // Of a snapshot that was given up nothing needs to leave.
    private bool IsWanted(OutboundSnapshotMessage part) =>
        _sends.Any(send => send.Key.To == part.To && send.Value.Id == part.Message.Id);

    private void Post(OutboundSnapshotMessage outbound) =>
        _spec.LinkTo(outbound.To)?.Tell(outbound.Message);

    private void Ended(IActorRef child)
    {
        _progress.Remove(child);
        foreach (var (key, send) in _sends)
            if (send.Actor.Equals(child)) _sends.Remove(key);
        FetchEnded(child);
    }

    /// <summary>Something may leave now.</summary>
    private sealed class Due
    {
        public static Due Instance { get; } = new();
    }
}
