using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;

namespace TinyKv.Actors.Raft;

/// <summary>
/// Raft's clock on this store: one timer, whose ticks go to all peers that wait for one, so that the store wakes once for
/// all of them. A peer asks for each tick when it has had the last, so that ticks cannot pile up behind a slow turn; when
/// nobody asks, the timer rests.
/// </summary>
internal sealed class Ticker(TimeSpan interval) : UntypedActor, IWithTimers
{
    /// <summary>The actor's name: it is at <c>/user/ticker</c>.</summary>
    public const string Name = "ticker";

    private readonly List<IActorRef> _waiting = [];

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What makes the actor.</summary>
    public static Props Props(TimeSpan interval) => Akka.Actor.Props.Create(() => new Ticker(interval));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AwaitTick:
                _waiting.Add(Sender);
                if (!Timers.IsTimerActive(Due.Instance))
                    Timers.StartPeriodicTimer(Due.Instance, Due.Instance, interval);
                break;
            case Due when _waiting.Count == 0: Timers.Cancel(Due.Instance); break;
            case Due:
                foreach (var peer in _waiting) peer.Tell(RaftPeer.Tick.Instance);
                _waiting.Clear();
                break;
            default: Unhandled(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        // A new one would not know who waits.
        StoreFailed.Publish(Context.System, "the clock of Raft has failed", reason);
        base.PreRestart(reason, message);
    }

    /// <summary>Whoever says this is sent the next <see cref="RaftPeer.Tick"/>.</summary>
    internal sealed class AwaitTick : IDeadLetterSuppression
    {
        public static AwaitTick Instance { get; } = new();
    }

    /// <summary>The next tick is due.</summary>
    private sealed class Due
    {
        public static Due Instance { get; } = new();
    }
}
