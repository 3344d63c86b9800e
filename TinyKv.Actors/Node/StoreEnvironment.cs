using System.Security.Cryptography;
using Akka.Actor;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Stores;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node;

/// <summary>What the actors of a store take from around them. A simulation brings its own.</summary>
internal sealed record StoreEnvironment
{
    /// <summary>Where an actor of another store is, by its name; the reference outlives restarts of that store.</summary>
    public required Func<StoreAddress, string, IActorRef> Remote { get; init; }

    /// <summary>Ends the connections to another store, whatever state they are in; a message opens one, after
    /// remoting's <c>retry-gate-closed-for</c>.</summary>
    public required Action<Address> Reconnect { get; init; }

    /// <summary>The clock; its wall time may jump.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>A number that differs at every start of a store: the seeds of its actors.</summary>
    public required Func<ulong> Draw { get; init; }

    /// <summary>A number from 0, included, to 1, excluded.</summary>
    public double DrawFraction() => (Draw() >> 11) * (1.0 / (1ul << 53));

    /// <summary>What the store knows of itself and the others, with this start.</summary>
    public required StoreRecord Record { get; init; }

    /// <summary>Makes durable what it knows, one call after the other; then says whether it failed, on any thread.</summary>
    public required Action<StoreRecord, Action<Exception?>> Save { get; init; }

    /// <summary>Runs reads of many keys; null: each on a thread of its own.</summary>
    public TaskScheduler? Readers { get; init; }

    /// <summary>Remoting, the clock of the machine, and numbers that nobody can foretell.</summary>
    /// <param name="system">The actor system of the store.</param>
    /// <param name="directory">The store's data directory.</param>
    /// <param name="faults">What happens to its messages to others; null: nothing.</param>
    public static StoreEnvironment Of(ActorSystem system, DataDirectory directory, StoreFaults? faults) => new()
    {
        Remote = (store, actor) =>
        {
            var remote = StoreSystem.Remote(system, store, actor);
            return faults is null ? remote : faults.Over(store.Id, remote);
        },
        Reconnect = address => StoreSystem.Reconnect(system, address),
        Time = TimeProvider.System,
        Draw = () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
        Record = directory.Record,
        Save = (record, done) => SaveOnThread(directory, record, done),
    };

    // The disk is waited for, which actors must not do.
    private static void SaveOnThread(DataDirectory directory, StoreRecord record, Action<Exception?> done) =>
        _ = Task.Factory.StartNew(() =>
        {
            try
            {
                directory.Save(record);
                done(null);
            }
            catch (Exception e)
            {
                done(e);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
