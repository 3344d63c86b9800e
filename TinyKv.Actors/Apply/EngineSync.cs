using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Apply;

/// <summary>
/// Makes durable what the state machines of a store have applied: one sync serves all that have asked for one by then. It
/// blocks on the disk, on a thread of its own. An engine that cannot be synced ends the store.
/// </summary>
internal sealed class EngineSync(IEngine engine) : UntypedActor
{
    /// <summary>Its name below <c>/user</c>.</summary>
    public const string Name = "engine-sync";

    private readonly List<(IActorRef Asker, SyncEngine Request)> _waiting = [];

    /// <summary>What makes the actor.</summary>
    public static Props Props(IEngine engine) => Akka.Actor.Props.Create(() => new EngineSync(engine));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SyncEngine request:
                _waiting.Add((Sender, request));
                // Behind the requests that are in the mailbox now.
                if (_waiting.Count == 1) Self.Tell(Flush.Instance);
                break;
            case Flush: Sync(); break;
            default: Unhandled(message); break;
        }
    }

    private void Sync()
    {
        try
        {
            engine.Sync();
        }
        catch (Exception e)
        {
            StoreFailed.Publish(Context.System, "the engine cannot be synced", e);
            return;
        }
        foreach (var (asker, request) in _waiting) asker.Tell(new EngineSynced(request.Applied));
        _waiting.Clear();
    }

    private sealed class Flush
    {
        public static Flush Instance { get; } = new();
    }
}
