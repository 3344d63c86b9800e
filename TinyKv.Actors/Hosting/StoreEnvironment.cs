using System.Security.Cryptography;
using Akka.Actor;
using TinyKv.Actors.Settings;

namespace TinyKv.Actors.Hosting;

/// <summary>What the actors of a store take from around them. A simulation brings its own.</summary>
internal sealed record StoreEnvironment
{
    /// <summary>Where an actor of another store is, by its name; the reference outlives restarts of that store.</summary>
    public required Func<StoreAddress, string, IActorRef> Remote { get; init; }

    /// <summary>The clock; its wall time may jump.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>A number that differs at every start of a store: its incarnation, the seeds of its actors.</summary>
    public required Func<ulong> Draw { get; init; }

    /// <summary>Remoting, the clock of the machine, and numbers that nobody can foretell.</summary>
    public static StoreEnvironment Of(ActorSystem system) => new()
    {
        Remote = (store, actor) => StoreSystem.Remote(system, store, actor),
        Time = TimeProvider.System,
        Draw = () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
    };
}
