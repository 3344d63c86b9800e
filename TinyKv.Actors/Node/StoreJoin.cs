using System.Net;
using System.Net.Sockets;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Node;

/// <summary>A cluster that a store joins, behind some of its stores.</summary>
public interface IClusterToJoin
{
    /// <summary>Makes a store known to the cluster; one that is known by its directory keeps its number. To repeat it does no
    /// harm.</summary>
    /// <param name="store">The store.</param>
    /// <param name="waits">Whether to ask until somebody answers.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The cluster as it is then; null when nobody has answered, and that was not to be waited for.</returns>
    /// <exception cref="RegistryRefusedException">It is refused.</exception>
    /// <exception cref="TinyKvException">What answers are no stores.</exception>
    Task<Registration?> RegisterAsync(RegisterStore store, bool waits, CancellationToken cancellation);
}

/// <summary>What a store learns when it has registered.</summary>
/// <param name="ClusterName">The name of the cluster.</param>
/// <param name="Stores">The stores of the cluster, this one among them.</param>
public sealed record Registration(string ClusterName, StoreDirectory Stores);

/// <summary>
/// Makes a store with an empty data directory one of a cluster. The directory gets its number, durably, before the cluster is
/// told of it: whatever ends the attempt, the next one is of the same store. A store that has joined asks nobody to start; it
/// tells the cluster where it is now, and hears whether it was removed meanwhile, if somebody answers at once.
/// </summary>
public static class StoreJoin
{
    private const string Key = "tinykv.cluster.join";

    /// <summary>Joins, if the settings say so and it has not been done.</summary>
    /// <param name="settings">The store's.</param>
    /// <param name="cluster">What it joins.</param>
    /// <param name="cancellation">Gives up; the next attempt continues.</param>
    /// <returns>The settings as they are then; the same for a store that does not join.</returns>
    /// <exception cref="TinyKvException">It cannot be done, and says what to change.</exception>
    public static async Task<TinyKvSettings> RunAsync(
        TinyKvSettings settings, IClusterToJoin cluster, CancellationToken cancellation)
    {
        if (settings.IsInitial) return settings;
        var path = settings.DataDirectory;
        using var directory = await BlockingCall.Start(() => DataDirectory.OpenToJoin(path, settings.Journal));
        var identity = directory.Identity;
        if (identity.Store == StoreId.None) await EnterAsync(settings, directory, cluster, cancellation);
        else if (identity.Joined is null)
            throw new SettingException(Key, $"is set, but {path} belongs to {identity.Store} of cluster "
                + $"'{identity.ClusterName}', which began with it: leave that out and name tinykv.cluster.stores, "
                + "or join with an empty directory");
        else await ReturnAsync(settings, directory, cluster, cancellation);
        return JoinedStore.Complete(settings, directory.Identity);
    }

    private static async Task EnterAsync(
        TinyKvSettings settings, DataDirectory directory, IClusterToJoin cluster, CancellationToken cancellation)
    {
        var bind = await BlockingCall.Start(() => BindAddress.Resolve(settings.BindHost));
        var number = settings.ClusterName.Length == 0 ? 0 : ClusterIdentity.IdOf(settings.ClusterName);
        RegistryRefusal? refusal = null;
        foreach (var place in JoinPlaces.Of(settings.Join!.Address, port => IsFree(bind, port)))
        {
            try
            {
                var joined = await cluster.RegisterAsync(
                    new RegisterStore(number, directory.Record.Directory, place, StoreSystem.Version), waits: true, cancellation);
                await BlockingCall.Start(() => Begin(settings, directory, place, joined!));
                return;
            }
            catch (RegistryRefusedException refused) when (refused.Refusal.Kind == RegistryRefusalKind.AddressTaken)
            {
                // A store that is not there now, or on another machine; where ports are to be chosen there may be others.
                refusal = refused.Refusal;
            }
            catch (RegistryRefusedException refused)
            {
                throw Refused(settings, refused.Refusal);
            }
        }
        throw refusal is not null ? Refused(settings, refusal) : new SettingException("tinykv.store.grpc-port",
            "is 0, but there are no ports left to choose: set it, and those for status, remoting and Raft")
        {
            IsTransient = true,
        };
    }

    // What it knows of the others is in the engine before it is a store of the cluster, and needs it.
    private static void Begin(
        TinyKvSettings settings, DataDirectory directory, StoreAddresses place, Registration joined)
    {
        var stores = joined.Stores;
        var self = stores.Find(directory.Record.Directory);
        if (self is null || ClusterIdentity.IdOf(joined.ClusterName) != stores.Cluster)
            throw new TinyKvException($"{Key} leads to a store whose answer cannot be: it has another version");
        Keep(directory, stores);
        directory.Join(
            new StoreIdentity(stores.Cluster, joined.ClusterName, self.Id, settings.Journal) { Joined = place },
            directory.Record.Join(self.Id, stores.Initial, stores.Registered));
    }

    private static void Keep(DataDirectory directory, StoreDirectory stores)
    {
        var engine = RocksEngine.Open(directory.DataPath);
        try
        {
            // Into one that is not this store's nothing is written: it is refused when the store starts.
            var owner = EngineOwner.Of(engine);
            if (owner == directory.Record.Directory || (owner == DirectoryId.None && directory.Record.Starts == 0))
                StoreKeeper.Begin(engine, stores);
        }
        finally
        {
            engine.Close();
        }
    }

    private static async Task ReturnAsync(
        TinyKvSettings settings, DataDirectory directory, IClusterToJoin cluster, CancellationToken cancellation)
    {
        var identity = directory.Identity;
        if (settings.ClusterName.Length > 0 && settings.ClusterName != identity.ClusterName)
            throw new SettingException("tinykv.cluster.name", $"is '{settings.ClusterName}', but {directory.Path} belongs to "
                + $"{identity.Store} of cluster '{identity.ClusterName}'");
        var place = JoinedStore.PlaceOf(settings.Join!.Address, identity.Joined!);
        // Where the others do not expect it nobody listens to it.
        var hasMoved = place != identity.Joined;
        try
        {
            var known = await cluster.RegisterAsync(
                new RegisterStore(identity.ClusterId, directory.Record.Directory, place, StoreSystem.Version), hasMoved,
                cancellation);
            if (known is null) return;
            // Others may have moved while it was away: nobody else would tell it.
            await BlockingCall.Start(() => Keep(directory, known.Stores));
            if (hasMoved) await BlockingCall.Start(() => directory.Join(identity with { Joined = place }, directory.Record));
        }
        catch (RegistryRefusedException refused)
        {
            throw Refused(settings, refused.Refusal);
        }
    }

    private static SettingException Refused(TinyKvSettings settings, RegistryRefusal refusal) => new(
        Key, $"leads to a cluster that refuses the store in {settings.DataDirectory}: {refusal.Message}");

    private static bool IsFree(IPAddress bind, int port)
    {
        try
        {
            using var probe = new TcpListener(bind, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
