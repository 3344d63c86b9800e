using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Stores;

/// <summary>Decides whether a store accepts another that introduces itself. Pure: a rule, no state.</summary>
public static class Acceptance
{
    /// <summary>What is said of a store that was removed, behind its number.</summary>
    public const string WasRemoved = "was removed from the cluster";

    // Others decide how many there are.
    private const int MaxShown = 20;

    /// <summary>Why a store is not accepted; null when it is.</summary>
    /// <param name="cluster">This store's cluster.</param>
    /// <param name="self">This store.</param>
    /// <param name="record">What it knows durably.</param>
    /// <param name="known">What it knows of the other; null for nothing.</param>
    /// <param name="isRemoved">Whether placement says that the other was removed.</param>
    /// <param name="hello">What the other says.</param>
    public static StoreRefusal? Judge(
        ulong cluster, StoreId self, StoreRecord record, KnownStore? known, bool isRemoved, StoreHello hello)
    {
        if (hello.Protocol != StoreHello.CurrentProtocol)
            return new StoreRefusal(RefusalKind.Protocol,
                $"{hello.From} speaks version {hello.Protocol} of the protocol between stores, {self} speaks version "
                + $"{StoreHello.CurrentProtocol}");
        if (hello.Cluster != cluster || hello.To != self || hello.From == self)
            return new StoreRefusal(RefusalKind.Cluster,
                $"{hello.From} of cluster {hello.Cluster:x16} asks for {hello.To}; this is {self} of cluster {cluster:x16}");
        if (isRemoved) return new StoreRefusal(RefusalKind.Removed, Gone(hello.From));
        if (!hello.Initial.SequenceEqual(record.Initial))
            return new StoreRefusal(RefusalKind.InitialStores, Differ(self, record, hello));
        if (DiffersInReplicas(record, hello))
            return new StoreRefusal(RefusalKind.InitialStores,
                $"{self} was told that a region has {record.Replicas} replicas, {hello.From} that it has {hello.Replicas}; "
                + "tinykv.placement.replicas must be the same everywhere when a cluster is formed");
        if (hello.Ending.Length > 0) return new StoreRefusal(RefusalKind.InitialStores, hello.Ending);
        if (known is null)
            return record.Initial.Contains(hello.From) ? null : new StoreRefusal(RefusalKind.Unknown,
                $"placement has not told {self} of {hello.From} yet");
        // As long as nothing was promised, a directory may be replaced by a new one.
        if (hello.Directory != known.Directory)
            return record.IsFormed ? new StoreRefusal(RefusalKind.Directory, Unknown(hello, known)) : null;
        // A directory remembers its starts; one that does not know the last that was heard of is from before it.
        return known.Incarnation == 0 || known.Incarnation == hello.Incarnation || hello.Earlier.Contains(known.Incarnation)
            ? null : new StoreRefusal(RefusalKind.OldCopy, Old(hello, known));
    }

    /// <summary>Numbers of stores as people write them.</summary>
    public static string Show(ImmutableArray<StoreId> stores) => stores.Length <= MaxShown
        ? $"[{string.Join(", ", stores.Select(store => store.Value))}]"
        : $"[{string.Join(", ", stores.Take(MaxShown).Select(store => store.Value))}, ... {stores.Length - MaxShown} more]";

    /// <summary>What a store is told that was removed.</summary>
    public static string Gone(StoreId store) =>
        $"{store} {WasRemoved}: start with an empty data directory to join as a new store";

    // Those that are formed began with the same number, whatever they are told now; one that joined knows none.
    private static bool DiffersInReplicas(StoreRecord record, StoreHello hello) =>
        hello.Replicas != record.Replicas && hello.Replicas != 0 && record.Replicas != 0 && !(hello.Formed && record.IsFormed);

    private static string Differ(StoreId self, StoreRecord record, StoreHello hello)
    {
        var text = $"{Told(self, record.IsFormed, record.Initial)}, {Told(hello.From, hello.Formed, hello.Initial)}; "
            + "tinykv.cluster.stores must name the same stores everywhere";
        return record.IsFormed || hello.Formed
            ? $"{text}. A store that is to be added to a cluster that was formed joins it: tinykv server --join" : text;
    }

    private static string Told(StoreId store, bool formed, ImmutableArray<StoreId> initial) => formed
        ? $"{store} belongs to a cluster of the initial stores {Show(initial)}"
        : $"{store} was told the initial stores {Show(initial)}";

    private static string Unknown(StoreHello hello, KnownStore known) =>
        $"{hello.From} shows up with {(hello.Formed ? "another" : "a new")} data directory, {hello.Directory}; this cluster "
        + $"knows it by its directory {known.Directory}, which holds what it has promised: start it with that one. If that "
        + "is lost, so is the store: let an empty directory join as a new one with tinykv server --join, and remove this one";

    private static string Old(StoreHello hello, KnownStore known) =>
        $"{hello.From} shows up with an old copy of its data directory {hello.Directory}, at its start {hello.Starts}, "
        + $"without the start that was accepted last, {known.Starts}: what it has promised since is missing. Start it with "
        + "the directory as it was; if that is lost, so is the store";
}
