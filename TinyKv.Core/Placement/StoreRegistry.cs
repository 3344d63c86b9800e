using TinyKv.Core.Commands;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>
/// What the commands about stores do to a <see cref="StoreDirectory"/>. Each answers with the directory as it is then, or with
/// a <see cref="RegistryRefusal"/> and changes nothing. One that is repeated changes nothing either.
/// </summary>
internal static class StoreRegistry
{
    private const int MaxLabels = 32;
    private const int MaxText = 255;

    /// <summary>The directory that a cluster begins with.</summary>
    public static object Bootstrap(StoreDirectory directory, BootstrapCluster command)
    {
        if (!directory.IsBootstrapped)
            return StoreDirectory.Of(
                command.Cluster, command.MaxReplicas, 1, command.Stores.Select(store => store with { Version = 1 }));
        return directory.Cluster == command.Cluster ? directory : OtherCluster(directory, command.Cluster);
    }

    /// <summary>A store says who it is, and where.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="command">What it says.</param>
    /// <param name="next">Its number, if it is new.</param>
    public static object Register(StoreDirectory directory, RegisterStore command, ulong next)
    {
        if (Unlike(directory, command.Cluster) is { } refusal) return refusal;
        if (Complaint(command) is { } complaint) return new RegistryRefusal(RegistryRefusalKind.Invalid, complaint);
        var known = directory.Find(command.Directory);
        if (known is { State: StoreState.Tombstone }) return Removed(known.Id);
        foreach (var other in directory.Living)
        {
            if (other.Id == known?.Id) continue;
            if (other.Addresses.All.FirstOrDefault(command.Addresses.All.Contains) is { } taken)
                return new RegistryRefusal(RegistryRefusalKind.AddressTaken,
                    $"{taken} is the address of {other.Id}, which has the data directory {other.Directory}: give this store "
                    + "another address. If it is to take that store's place, remove that one first");
        }
        if (IsLoopback(command.Addresses.Host) && directory.Living.FirstOrDefault(
            other => other.Id != known?.Id && !IsLoopback(other.Addresses.Host)) is { } away)
        {
            return new RegistryRefusal(RegistryRefusalKind.Invalid,
                $"{command.Addresses.Host} is on the store's own machine, where {away.Id} at {away.Addresses.Host} cannot reach "
                + "it: set tinykv.store.host, or bind-host, to an address that others can reach");
        }
        var store = (known ?? new StoreInfo
        {
            Id = new StoreId(next),
            Directory = command.Directory,
            Addresses = command.Addresses,
        }) with
        { Addresses = command.Addresses, ProgramVersion = command.ProgramVersion };
        return store == known ? directory : directory.With(store);
    }

    /// <summary>An operator labels a store.</summary>
    public static object Update(StoreDirectory directory, UpdateStore command)
    {
        if (Changeable(directory, command.Store, out var store) is { } refusal) return refusal;
        if (command.IfVersion != 0 && command.IfVersion != store.Version)
            return new RegistryRefusal(RegistryRefusalKind.Outdated,
                $"{store.Id} was changed: it has version {store.Version}, not {command.IfVersion}; look at it again");
        var labels = command.Labels.Aggregate(store.Labels, (all, label) =>
            label.Value.Length == 0 ? all.Remove(label.Key) : all.SetItem(label.Key, label.Value));
        if (command.Labels.Select(Complaint).FirstOrDefault(complaint => complaint is not null) is { } wrong)
            return new RegistryRefusal(RegistryRefusalKind.Invalid, wrong);
        if (labels.Count > MaxLabels)
            return new RegistryRefusal(RegistryRefusalKind.Invalid, $"{store.Id} would have more than {MaxLabels} labels");
        return labels.SequenceEqual(store.Labels) ? directory : directory.With(store with { Labels = labels });
    }

    /// <summary>A store is to go, to stay after all, or has gone.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="command">Which of these.</param>
    /// <param name="group">The placement group, whose members cannot have gone.</param>
    public static object SetState(StoreDirectory directory, SetStoreState command, Region group)
    {
        if (directory.Find(command.Store) is { } gone && gone.State == command.State) return directory;
        if (Changeable(directory, command.Store, out var store) is { } refusal) return refusal;
        switch (command.State)
        {
            case StoreState.Offline when directory.Living.All(each => each == store || each.State != StoreState.Up):
                return new RegistryRefusal(RegistryRefusalKind.LastStore,
                    $"{store.Id} is the last store that is up: add another before this one is removed");
            case StoreState.Tombstone when store.State != StoreState.Offline:
                return new RegistryRefusal(RegistryRefusalKind.NotOffline,
                    $"{store.Id} is not being removed: only a store that is offline can have gone");
            case StoreState.Tombstone when group.PeerOn(store.Id) is not null:
                return new RegistryRefusal(RegistryRefusalKind.HasReplicas,
                    $"{store.Id} still has a replica of placement, which must be moved to another store first");
            default:
                return directory.With(store with { State = command.State });
        }
    }

    /// <summary>How many replicas a region is meant to have.</summary>
    public static object Configure(StoreDirectory directory, SetClusterConfig command)
    {
        if (Unlike(directory, command.Cluster) is { } refusal) return refusal;
        if (command.MaxReplicas is 0 or > SetClusterConfig.MostReplicas)
            return new RegistryRefusal(RegistryRefusalKind.Invalid,
                $"a region cannot have {command.MaxReplicas} replicas; 1 to {SetClusterConfig.MostReplicas} are possible");
        return command.MaxReplicas == directory.MaxReplicas ? directory : directory.With(command.MaxReplicas);
    }

    private static RegistryRefusal? Unlike(StoreDirectory directory, ulong cluster)
    {
        if (!directory.IsBootstrapped)
            return new RegistryRefusal(RegistryRefusalKind.NotBootstrapped,
                "placement does not know the cluster's stores yet; it does as soon as the cluster is formed: ask again");
        return directory.Cluster == cluster ? null : OtherCluster(directory, cluster);
    }

    private static RegistryRefusal OtherCluster(StoreDirectory directory, ulong cluster) => new(
        RegistryRefusalKind.OtherCluster,
        $"this is cluster {directory.Cluster:x16}, and the store belongs to cluster {cluster:x16}");

    private static RegistryRefusal? Changeable(StoreDirectory directory, StoreId id, out StoreInfo store)
    {
        store = directory.Find(id)!;
        return store switch
        {
            null => new RegistryRefusal(RegistryRefusalKind.UnknownStore, $"there is no {id} in the cluster"),
            { State: StoreState.Tombstone } => Removed(id),
            _ => null,
        };
    }

    private static RegistryRefusal Removed(StoreId id) => new(RegistryRefusalKind.StoreRemoved,
        $"{id} was removed from the cluster, and its data directory is not taken again: start with an empty one to join as a "
        + "new store");

    private static string? Complaint(RegisterStore command)
    {
        var addresses = command.Addresses;
        if (addresses.Host.Length is 0 or > MaxText) return $"the host of the store has {addresses.Host.Length} characters";
        int[] ports = [addresses.GrpcPort, addresses.StatusPort, addresses.RemotingPort, addresses.RaftPort];
        if (ports.Any(port => port is < 1 or > 65535)) return $"the ports of the store are {string.Join(", ", ports)}";
        if (ports.Distinct().Count() < ports.Length) return $"two ports of the store are the same: {string.Join(", ", ports)}";
        return command.Directory.Value == 0 ? "the store names no data directory"
            : command.ProgramVersion.Length > MaxText ? "the version of the program is too long" : null;
    }

    private static string? Complaint(KeyValuePair<string, string> label) =>
        IsWord(label.Key) && (label.Value.Length == 0 || IsWord(label.Value)) ? null
            : $"'{label.Key}={label.Value}' is no label: names and values have at most {MaxText} letters, digits, '-', '_', '.' "
                + "and '/'";

    private static bool IsLoopback(string host) =>
        host is "localhost" or "::1" || host.StartsWith("127.", StringComparison.Ordinal);

    private static bool IsWord(string text) => text.Length is > 0 and <= MaxText
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/');
}
