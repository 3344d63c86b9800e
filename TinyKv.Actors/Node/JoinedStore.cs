using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node;

/// <summary>What a store that has joined a cluster knows of itself by its data directory, rather than by its
/// configuration.</summary>
internal static class JoinedStore
{
    /// <summary>The settings with what the data directory says; the same, for a store that does not join. Reads a
    /// file.</summary>
    /// <exception cref="TinyKvException">It has not joined yet.</exception>
    public static TinyKvSettings Complete(TinyKvSettings settings)
    {
        if (settings.IsInitial) return settings;
        return DataDirectory.Look(settings.DataDirectory) is { Identity: { Joined: not null } identity }
            ? Complete(settings, identity)
            : throw new TinyKvException($"the store in {settings.DataDirectory} has not joined a cluster yet");
    }

    /// <summary>The same with what is known of the directory.</summary>
    public static TinyKvSettings Complete(TinyKvSettings settings, StoreIdentity identity) => settings with
    {
        ClusterName = identity.ClusterName,
        StoreId = identity.Store,
        Join = settings.Join! with { Address = PlaceOf(settings.Join!.Address, identity.Joined!) },
    };

    /// <summary>Where a store is by its configuration, and where that leaves it open, as before.</summary>
    public static StoreAddresses PlaceOf(StoreAddresses configured, StoreAddresses before) => new(
        configured.Host, Port(configured.GrpcPort, before.GrpcPort), Port(configured.StatusPort, before.StatusPort),
        Port(configured.RemotingPort, before.RemotingPort), Port(configured.RaftPort, before.RaftPort));

    private static int Port(int configured, int before) => configured != 0 ? configured : before;
}
