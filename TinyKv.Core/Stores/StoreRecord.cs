using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Stores;

/// <summary>The random number that a data directory got when it was made; 0 means none.</summary>
public readonly record struct DirectoryId(ulong Value)
{
    /// <summary>No directory.</summary>
    public static DirectoryId None => default;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What a store of a formed cluster knows of another.</summary>
/// <param name="Directory">The only data directory that is accepted as that store's.</param>
/// <param name="Incarnation">The incarnation of it that was accepted last; 0 for none.</param>
/// <param name="Starts">The start that was.</param>
public sealed record KnownStore(DirectoryId Directory, ulong Incarnation, long Starts);

/// <summary>What a store knows durably of itself and of the others, apart from its regions.</summary>
public sealed record StoreRecord
{
    /// <summary>The data directory.</summary>
    public required DirectoryId Directory { get; init; }

    /// <summary>The initial stores of the cluster that the directory was made for, ascending.</summary>
    public required ImmutableArray<StoreId> Initial { get; init; }

    /// <summary>How many replicas the first region of that cluster began with; 0 for a store that joined later.</summary>
    public int Replicas { get; init; }

    /// <summary>How often a store was started on the directory.</summary>
    public long Starts { get; init; }

    /// <summary>Drawn at the last start; 0 before the first.</summary>
    public ulong Incarnation { get; init; }

    /// <summary>
    /// The incarnations since the last that all others have accepted, and some before, without the present one.
    /// </summary>
    public ImmutableArray<ulong> Earlier { get; init; } = [];

    /// <summary>The stores and their directories, all initial ones among them; empty until the cluster is formed.</summary>
    public ImmutableSortedDictionary<ulong, KnownStore> Stores { get; init; } =
        ImmutableSortedDictionary<ulong, KnownStore>.Empty;

    /// <summary>Whether all replicas that the store began with were made: their journals are not empty. It is known here, too,
    /// because an engine that was lost and is rebuilt knows nothing.</summary>
    public bool IsBootstrapped { get; init; }

    /// <summary>
    /// Why the directory must not be used again: it lost what the store had acknowledged, and votes may be lost with that.
    /// Empty as long as nothing is known to be lost.
    /// </summary>
    public string Lost { get; init; } = "";

    /// <summary>Whether the cluster was formed, as far as this store knows.</summary>
    public bool IsFormed => !Stores.IsEmpty;

    /// <summary>The store joins a cluster that was formed without it: it knows all that are there by what placement says,
    /// and has accepted none of them yet.</summary>
    /// <param name="self">The number that placement gave it.</param>
    /// <param name="initial">The stores that the cluster began with, ascending.</param>
    /// <param name="stores">All stores of the cluster, this one among them.</param>
    public StoreRecord Join(StoreId self, ImmutableArray<StoreId> initial, IEnumerable<RegisteredStore> stores) => this with
    {
        Initial = initial,
        Stores = stores.Where(store => !store.IsRemoved).ToImmutableSortedDictionary(
            store => store.Id.Value, store => new KnownStore(store.Directory, 0, 0)).SetItem(
            self.Value, new KnownStore(Directory, 0, 0)),
    };

    /// <summary>The store is started once more.</summary>
    /// <param name="incarnation">Never drawn before.</param>
    /// <param name="told">The initial stores by its configuration; what is not formed yet takes them over.</param>
    /// <param name="replicas">How many replicas a region is meant to have, likewise.</param>
    public StoreRecord Start(ulong incarnation, ImmutableArray<StoreId> told, int replicas) => this with
    {
        Starts = Starts + 1,
        Incarnation = incarnation,
        Earlier = Incarnation == 0 ? Earlier : Earlier.Add(Incarnation),
        Initial = IsFormed ? Initial : told,
        Replicas = IsFormed ? Replicas : replicas,
    };
}
