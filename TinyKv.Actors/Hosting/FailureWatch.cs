using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Actors.Raft;
using TinyKv.Persistence;

namespace TinyKv.Actors.Hosting;

/// <summary>
/// Hears of everything that this store can not go on after, and ends the actor system. A store that is started anew
/// recovers from what is on disk; one that went on could contradict it.
/// </summary>
internal sealed class FailureWatch : UntypedActor
{
    private readonly Func<Address, bool> _isStore;
    private readonly Action<StoreFailed> _failed;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _ending;

    public FailureWatch(Func<Address, bool> isStore, Action<StoreFailed> failed) => (_isStore, _failed) = (isStore, failed);

    /// <summary>What to subscribe it to on the event stream.</summary>
    public static IReadOnlyList<Type> Events { get; } =
        [typeof(StoreFailed), typeof(JournalFailed), typeof(ThisActorSystemQuarantinedEvent)];

    /// <summary>What makes the actor.</summary>
    /// <param name="isStore">Whether another store is at an address: what others do not listen to does not matter.</param>
    /// <param name="failed">Is told what has failed, before the system ends.</param>
    public static Props Props(Func<Address, bool> isStore, Action<StoreFailed> failed) =>
        Akka.Actor.Props.Create(() => new FailureWatch(isStore, failed));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StoreFailed failed: End(failed); break;
            case JournalFailed failed:
                End(new StoreFailed($"the journal {failed.Journal} has failed", failed.Cause));
                break;
            case ThisActorSystemQuarantinedEvent quarantined when !_isStore(quarantined.RemoteAddress):
                _log.Warning("{Address}, which is not a store, does not listen to this one any more",
                    quarantined.RemoteAddress);
                break;
            case ThisActorSystemQuarantinedEvent quarantined:
                End($"{quarantined.RemoteAddress} does not listen to this incarnation of the store any more");
                break;
            default: Unhandled(message); break;
        }
    }

    private void End(string reason) => End(new StoreFailed(reason));

    private void End(StoreFailed failure)
    {
        // What follows the first failure is its consequence.
        if (_ending) return;
        _ending = true;
        _failed(failure);
        _ = Context.System.Terminate();
    }
}
