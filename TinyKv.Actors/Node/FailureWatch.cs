using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Transport;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node;

/// <summary>
/// Hears of everything that this store cannot continue after, and ends the actor system. A store that is restarted
/// recovers from what is on disk; one that went on could contradict it.
/// </summary>
internal sealed class FailureWatch : UntypedActor
{
    private readonly Func<Address, bool> _isStore;
    private readonly Func<bool> _isReady;
    private readonly Action<StoreFailed> _failed;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<Address, TimeSpan> _shutOut = [];
    private bool _ending;

    public FailureWatch(Func<Address, bool> isStore, Func<bool> isReady, Action<StoreFailed> failed) =>
        (_isStore, _isReady, _failed) = (isStore, isReady, failed);

    /// <summary>What to subscribe it to on the event stream.</summary>
    public static IReadOnlyList<Type> Events { get; } =
    [
        typeof(StoreFailed), typeof(JournalFailed), typeof(ThisActorSystemQuarantinedEvent), typeof(QuarantinedEvent),
        typeof(StoreUnheard),
    ];

    /// <summary>What makes the actor.</summary>
    /// <param name="isStore">Whether another store is at an address: what others do not listen to does not matter.</param>
    /// <param name="isReady">Whether this store serves.</param>
    /// <param name="failed">Is told what has failed, before the system ends.</param>
    public static Props Props(Func<Address, bool> isStore, Func<bool> isReady, Action<StoreFailed> failed) =>
        Akka.Actor.Props.Create(() => new FailureWatch(isStore, isReady, failed));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StoreFailed failed: End(failed); break;
            case JournalFailed failed:
                End(new StoreFailed($"the journal {failed.Journal} has failed", failed.Cause));
                break;
            case ThisActorSystemQuarantinedEvent quarantined: ShutOut(quarantined.RemoteAddress); break;
            case QuarantinedEvent quarantined: ShutOut(quarantined.Address); break;
            case StoreUnheard unheard: Confirm(unheard); break;
            default: Unhandled(message); break;
        }
    }

    // Remoting has given up one incarnation of two stores, for good. What does not matter to others is what clients say.
    private void ShutOut(Address other)
    {
        if (!_isStore(other)) return;
        if (_shutOut.TryAdd(other, Now))
            _log.Warning("{Address} and this incarnation of the store do not listen to each other any more", other);
        _shutOut[other] = Now;
    }

    // Only a new incarnation is let in. But one other store that does not listen is no reason to end while this one
    // serves, and what was said of it counts only as far as this store observes it itself.
    private void Confirm(StoreUnheard unheard)
    {
        if (!_shutOut.TryGetValue(unheard.Address, out var since)) return;
        if (unheard.LastHeard > since) _shutOut.Remove(unheard.Address);
        else if (!_isReady()) End($"{unheard.Address} does not listen to this incarnation of the store any more");
    }

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private void End(string reason) => End(new StoreFailed(reason));

    private void End(StoreFailed failure)
    {
        // What follows the first failure is its consequence.
        if (_ending) return;
        _ending = true;
        try
        {
            _failed(failure);
        }
        finally
        {
            // Also when there is no memory or thread left to tell of it.
            _ = Context.System.Terminate();
        }
    }
}
