using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Stores;

/// <summary>A store introduces itself to another.</summary>
public sealed record StoreHello
{
    /// <summary>What this version of the program speaks; others do not understand it.</summary>
    public const uint CurrentProtocol = 3;

    /// <summary>What the sender speaks.</summary>
    public uint Protocol { get; init; } = CurrentProtocol;

    /// <summary>The sender's cluster.</summary>
    public required ulong Cluster { get; init; }

    /// <summary>The sender.</summary>
    public required StoreId From { get; init; }

    /// <summary>Whom it is for.</summary>
    public required StoreId To { get; init; }

    /// <summary>The sender's data directory.</summary>
    public required DirectoryId Directory { get; init; }

    /// <summary>How often the sender was started on it.</summary>
    public required long Starts { get; init; }

    /// <summary>Drawn at the last of these starts.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>Those before it, see <see cref="StoreRecord.Earlier"/>.</summary>
    public required ImmutableArray<ulong> Earlier { get; init; }

    /// <summary>The initial stores of the sender's cluster, ascending.</summary>
    public required ImmutableArray<StoreId> Initial { get; init; }

    /// <summary>How many replicas the first region of that cluster begins with; 0 for a store that joined later.</summary>
    public required int Replicas { get; init; }

    /// <summary>Whether the sender knows the cluster as formed.</summary>
    public required bool Formed { get; init; }

    /// <summary>The incarnation of the receiver that the sender accepts; 0: none.</summary>
    public required ulong Accepts { get; init; }

    /// <summary>Why the sender is about to end: it was told other initial stores than others; empty otherwise.</summary>
    public string Ending { get; init; } = "";
}

/// <summary>The answer to a <see cref="StoreHello"/>.</summary>
/// <param name="From">Who answers.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="HelloDirectory">The directory of who had introduced itself.</param>
/// <param name="HelloIncarnation">The incarnation that had.</param>
/// <param name="Refusal">Why it is not accepted; null when it is.</param>
public sealed record StoreHelloReply(
    StoreId From, ulong Incarnation, DirectoryId HelloDirectory, ulong HelloIncarnation, StoreRefusal? Refusal);

/// <summary>Why a store does not accept another, for people on both sides.</summary>
public sealed record StoreRefusal(RefusalKind Kind, string Text);

/// <summary>The reason of a <see cref="StoreRefusal"/>.</summary>
public enum RefusalKind
{
    /// <summary>Another version of what stores say to each other.</summary>
    Protocol = 1,

    /// <summary>The store is of another cluster, or took this one for another.</summary>
    Cluster = 2,

    /// <summary>It was told other initial stores.</summary>
    InitialStores = 3,

    /// <summary>It has another data directory than the one that is known under its number.</summary>
    Directory = 4,

    /// <summary>Its data directory is a copy from before the last start that was heard of.</summary>
    OldCopy = 5,

    /// <summary>It was removed from the cluster.</summary>
    Removed = 6,

    /// <summary>It is no initial store, and placement has not told the one that refuses of it yet.</summary>
    Unknown = 7,
}
