using System.Collections.Immutable;
using System.Security.Cryptography;
using Akka.Actor;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Snapshots;

namespace TinyKv.Actors.Node;

/// <summary>What the actors of a store take from around them. A simulation brings its own.</summary>
internal sealed record StoreEnvironment
{
    /// <summary>Where an actor of another store is, by its name; the reference outlives restarts of that store.</summary>
    public required Func<StoreAddress, string, IActorRef> Remote { get; init; }

    /// <summary>Ends the connections to another store, whatever state they are in; a message opens one, after
    /// remoting's <c>retry-gate-closed-for</c>.</summary>
    public required Action<Address> Reconnect { get; init; }

    /// <summary>Connects to the other stores, and takes their connections, for what their replicas say.</summary>
    public required ILinkNetwork Links { get; init; }

    /// <summary>Which stores there are, and where, as far as the engine knows.</summary>
    public required StoreTable Stores { get; init; }

    /// <summary>The other stores, by that and by the configuration.</summary>
    public required StorePeers Peers { get; init; }

    /// <summary>What stands between this store and an actor of another, or a connection to it.</summary>
    public Func<StoreId, IActorRef, IActorRef> Over { get; init; } = (_, other) => other;

    /// <summary>The clock; its wall time may jump.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>A number that differs at every start of a store: the seeds of its actors.</summary>
    public required Func<ulong> Draw { get; init; }

    /// <summary>A number from 0, included, to 1, excluded.</summary>
    public double DrawFraction() => (Draw() >> 11) * (1.0 / (1ul << 53));

    /// <summary>The regions that this store begins with a replica of.</summary>
    public required ImmutableArray<Region> Regions { get; init; }

    /// <summary>What the store knows of itself and the others, with this start.</summary>
    public required StoreRecord Record { get; init; }

    /// <summary>Makes durable what it knows, one call after the other; then says whether it failed, on any thread.</summary>
    public required Action<StoreRecord, Action<Exception?>> Save { get; init; }

    /// <summary>Where snapshots are put together that arrive.</summary>
    public required ISnapshotStaging Staging { get; init; }

    /// <summary>Measures the disk of the data directory and calls back, on any thread; null: the store is not reported to
    /// placement.</summary>
    public Action<Action<DiskSpace>>? Measure { get; init; }

    /// <summary>Runs what is done outside of actors; null: the pool, and reads of many keys each on a thread of its
    /// own.</summary>
    public TaskScheduler? Readers { get; init; }

    /// <summary>What stands between requests and the regions; null: nothing.</summary>
    public Func<IStorage, IStorage>? Storage { get; init; }

    /// <summary>Remoting, the clock of the machine, and numbers that nobody can foretell.</summary>
    /// <param name="system">The actor system of the store.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="directory">The store's data directory.</param>
    /// <param name="links">Its Raft port.</param>
    /// <param name="stores">Which stores there are.</param>
    /// <param name="peers">The other ones.</param>
    /// <param name="faults">What happens to its messages to others; null: nothing.</param>
    public static StoreEnvironment Of(
        ActorSystem system, TinyKvSettings settings, DataDirectory directory, ILinkNetwork links, StoreTable stores,
        StorePeers peers, StoreFaults? faults) => new()
        {
            Stores = stores,
            Peers = peers,
            Regions = RegionsOf(settings, directory.Record),
            Remote = (store, actor) => StoreSystem.Remote(system, store, actor),
            Over = (store, other) => faults is null ? other : faults.Over(store, other),
            Links = links,
            Reconnect = address => StoreSystem.Reconnect(system, address),
            Time = TimeProvider.System,
            Draw = () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
            Record = directory.Record,
            Save = (record, done) => OnThread(() => Write(directory, record, done)),
            Measure = done => OnThread(() => done(DiskOf(directory.Path))),
            Staging = new SnapshotDirectory(directory.SnapshotsPath),
        };

    private static ImmutableArray<Region> RegionsOf(TinyKvSettings settings, StoreRecord record) =>
        settings.IsInitial ? Bootstrap.RegionsOn(settings.StoreId, record.Initial, record.Replicas) : [];

    // The disk is waited for, which actors must not do.
    private static void OnThread(Action work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Write(DataDirectory directory, StoreRecord record, Action<Exception?> done)
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
    }

    // What cannot be measured is 0: the store is there all the same.
    private static DiskSpace DiskOf(string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            var files = new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories);
            return new DiskSpace(drive.TotalSize, drive.AvailableFreeSpace, files.Sum(file => file.Exists ? file.Length : 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return default;
        }
    }
}
