using System.Net;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Node;

/// <summary>
/// A store with its files open and its actors not started, for hosts that make the actor system themselves: from
/// <see cref="SystemConfig"/> and <see cref="Setups"/>, under the name <see cref="SystemName"/>. Others use
/// <see cref="StoreNode.StartAsync(Config, CancellationToken)"/>.
/// </summary>
public sealed class PreparedStore : IDisposable
{
    /// <summary>The name that the actor systems of all stores share.</summary>
    public const string SystemName = StoreSystem.Name;

    // In the order in which they were opened; closed the other way round.
    private readonly Stack<IDisposable> _files;
    private readonly DataDirectory _directory;
    private readonly RocksEngine _engine;
    private readonly LinkSockets _links;
    private readonly StoreTable _stores;
    private readonly StorePeers _peers;
    private readonly StoreFaults? _faults;

    private PreparedStore(
        TinyKvSettings settings, Config config, StoreNames names, DataDirectory directory, JournalSetup journal,
        RocksEngine engine, LinkSockets links, StoreTable stores, StorePeers peers, Stack<IDisposable> files,
        StoreFaults? faults)
    {
        (Settings, Bind, _directory, _engine) = (settings, names.Bind, directory, engine);
        (_links, _stores, _peers, _files, _faults) = (links, stores, peers, files, faults);
        SystemConfig = StoreSystem.Configure(settings, config, names, peers, journal);
        var setups = journal.Setups.Append(StoreSystem.Guard(settings, peers));
        Setups = [.. faults is null ? setups : setups.Append(faults.Disk)];
    }

    /// <summary>The effective settings.</summary>
    public TinyKvSettings Settings { get; }

    /// <summary>The address that the store's ports are bound to.</summary>
    public IPAddress Bind { get; }

    /// <summary>The whole configuration of the actor system.</summary>
    public Config SystemConfig { get; }

    /// <summary>What goes to the journal and to the guard of the remoting port through the actor system's setup.</summary>
    public IReadOnlyList<Setup> Setups { get; }

    /// <summary>Locks and checks the data directory, and opens engine and journal. Blocks on the disk.</summary>
    /// <param name="config">The user's configuration; the reference files are added.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvException">A setting, the data directory or a port is wrong; says which and why.</exception>
    public static PreparedStore Open(Config config, CancellationToken cancellation = default) =>
        Open(config, bind: null, faults: null, cancellation);

    internal static PreparedStore Open(
        Config user, IPAddress? bind, StoreFaults? faults, CancellationToken cancellation)
    {
        Circles.Refuse(user);
        var config = user.WithFallback(ReferenceConfig.OfStore);
        var settings = JoinedStore.Complete(SettingsReader.Read(config));
        var names = StoreNames.Lookup(settings, bind);
        var files = new Stack<IDisposable>();
        try
        {
            var identity = new StoreIdentity(
                ClusterIdentity.IdOf(settings.ClusterName), settings.ClusterName, settings.StoreId, settings.Journal)
            {
                Joined = settings.Join?.Address,
            };
            var directory = DataDirectory.Open(settings.DataDirectory, identity, settings.Initial);
            files.Push(directory);
            var engine = RocksEngine.Open(directory.DataPath);
            files.Push(new EngineFiles(engine));
            var journal = JournalSetup.Create(settings.Journal, directory.Path, config);
            files.Push(journal);
            if (faults is not null) files.Push(faults.File);
            cancellation.ThrowIfCancellationRequested();
            StoreSystem.RequireFreePort(settings, names.Bind);
            var stores = StoreTable.Of(engine);
            RefuseRemoved(settings, stores.Current);
            RequireEngine(settings, directory, engine, stores.Current);
            var peers = new StorePeers(settings.StoreId, settings.Others, stores.Current);
            var links = StoreSystem.BindRaftPort(settings, names, peers);
            files.Push(links);
            directory.Start(settings.Initial, settings.Placement.Replicas);
            return new PreparedStore(settings, config, names, directory, journal, engine, links, stores, peers, files, faults);
        }
        catch (IOException e)
        {
            CloseInTime(files);
            throw new TinyKvException($"cannot use the data directory {settings.DataDirectory}: {e.Message}", e);
        }
        catch
        {
            CloseInTime(files);
            throw;
        }
    }

    /// <summary>Starts the store's actors. The node owns the files from here on.</summary>
    /// <param name="system">Made from <see cref="SystemConfig"/> and <see cref="Setups"/>.</param>
    public StoreNode Start(ActorSystem system)
    {
        var node = new StoreNode(
            Settings, system, _directory, _engine, _links, _stores, _peers, new Stack<IDisposable>(_files.Reverse()), _faults);
        _files.Clear();
        return node;
    }

    /// <summary>Closes the files, unless a node owns them. Blocks on the disk, but no longer than five seconds: what it holds up
    /// then is closed when it lets it.</summary>
    public void Dispose() => CloseInTime(_files);

    /// <summary>Leaves the files to actors that have not ended: they are closed when the actor system has.</summary>
    internal void CloseAfter(ActorSystem system)
    {
        _ = CloseAfter(system, new Stack<IDisposable>(_files.Reverse()));
        _files.Clear();
    }

    /// <summary>Closes files when the actors that use them have ended, however late that is.</summary>
    internal static Task CloseAfter(ActorSystem system, Stack<IDisposable> files) =>
        system.WhenTerminated.ContinueWith(_ => BlockingCall.Start(() => Close(files)), TaskScheduler.Default).Unwrap();

    private static void Close(Stack<IDisposable> files)
    {
        lock (files) CloseAll(files);
    }

    // It was told so before it ended; others need not be asked again.
    private static void RefuseRemoved(TinyKvSettings settings, StoreDirectory known)
    {
        if (known.Find(settings.StoreId) is { State: StoreState.Tombstone })
            throw new SettingException("tinykv.store.data-directory",
                $"is {settings.DataDirectory}, but {Acceptance.Gone(settings.StoreId)}");
    }

    private static void RequireEngine(
        TinyKvSettings settings, DataDirectory directory, RocksEngine engine, StoreDirectory known)
    {
        var owner = EngineOwner.Of(engine);
        if (owner == directory.Record.Directory) return;
        if (owner != DirectoryId.None)
            throw Lost($"the engine in {settings.DataDirectory} belongs to the data directory {owner}, this is "
                + $"{directory.Record.Directory}: put back what was there");
        var (record, isReplicated) = (directory.Record, settings.StorageMode == StorageMode.Raft);
        // What a store knows that joins is written before it is one of the cluster.
        if (EngineRebuild.IsLost(directory.Identity, record, isReplicated) || (!settings.IsInitial && !known.IsBootstrapped))
            throw Lost($"the engine in {settings.DataDirectory} is empty, but {settings.StoreId} has used it: "
                + "what it held is lost. Put it back" + (isReplicated
                ? ", or let an empty directory join as a new store, and remove this one" : ", or a backup of it"));
        EngineOwner.Claim(engine, record.Directory);
    }

    private static StorageFailedException Lost(string reason) => new(reason) { IsDamage = true };

    // One that cannot be closed must not keep the others open.
    private static void CloseAll(Stack<IDisposable> files)
    {
        if (!files.TryPop(out var file)) return;
        try
        {
            file.Dispose();
        }
        finally
        {
            CloseAll(files);
        }
    }

    private static void CloseInTime(Stack<IDisposable> files)
    {
        if (files.Count > 0) BlockingCall.Try(() => Close(files), BlockingCall.CloseTimeout);
    }

    // A request that has not ended yet still uses the engine: only when it has may the directory be unlocked.
    private sealed class EngineFiles(RocksEngine engine) : IDisposable
    {
        public void Dispose() => engine.Close();
    }
}
