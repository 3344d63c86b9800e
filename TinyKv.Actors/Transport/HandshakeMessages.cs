using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Actors.Transport;

/// <summary>What the handshake of a store is made from.</summary>
internal sealed record HandshakeSpec
{
    /// <summary>The cluster's number.</summary>
    public required ulong Cluster { get; init; }

    /// <summary>This store.</summary>
    public required StoreId Self { get; init; }

    /// <summary>What the store knows durably, with this start.</summary>
    public required StoreRecord Record { get; init; }

    /// <summary>The initial stores by the configuration, ascending.</summary>
    public required ImmutableArray<StoreId> Initial { get; init; }

    /// <summary>The handshakes of another store, one for each place where it may be, first where it is spoken to, by references
    /// that outlive restarts of theirs; empty when there is no such store.</summary>
    public required Func<StoreId, IReadOnlyList<IActorRef>> At { get; init; }

    /// <summary>What placement says of stores, as far as it is known here.</summary>
    public Func<IEnumerable<RegisteredStore>> Registered { get; init; } = () => [];

    /// <summary>Is told at which of its places a store was heard.</summary>
    public Action<StoreId, int> Heard { get; init; } = (_, _) => { };

    /// <summary>Is told to whom to listen.</summary>
    public required IActorRef Transport { get; init; }

    /// <summary>Is told when the cluster is formed.</summary>
    public required IActorRef Regions { get; init; }

    /// <summary>Makes durable what is known, and calls back, with why not if it failed.</summary>
    public required Action<StoreRecord, Action<Exception?>> Save { get; init; }

    /// <summary>Re-establishes the connection to the store of a handshake.</summary>
    public Action<IActorRef> Reconnect { get; init; } = _ => { };

    /// <summary>How long a store may hear nothing of what is sent to it before it is reconnected to.</summary>
    public TimeSpan LinkTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a store that was told other initial stores than others keeps saying so before it ends.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Listen to one incarnation of a store, and to no other.</summary>
internal sealed record Listen(StoreId Store, ulong Incarnation);

/// <summary>A store was removed: nothing more is said to it.</summary>
internal sealed record Forget(StoreId Store);

/// <summary>Placement says something new of stores.</summary>
internal sealed record StoresChanged
{
    public static StoresChanged Instance { get; } = new();
}

/// <summary>Asks for <see cref="Acquaintance"/>.</summary>
internal sealed record DescribeAcquaintance
{
    public static DescribeAcquaintance Instance { get; } = new();
}

/// <summary>What a store knows of itself and the others.</summary>
internal sealed record Acquaintance(StoreRecord Record, ImmutableArray<AcquaintedStore> Others);

/// <summary>How things stand with another store.</summary>
/// <param name="Store">The other store.</param>
/// <param name="State"><c>accepted</c>, <c>waiting</c>, <c>refused</c>, or <c>refuses</c> when it does not accept this
/// one.</param>
/// <param name="Reason">Why it is not accepted; empty when it is.</param>
internal sealed record AcquaintedStore(StoreId Store, string State, string Reason);

/// <summary>Published when another store has heard nothing of this one for long, however often it was connected to.</summary>
/// <param name="Address">Where the store is.</param>
/// <param name="LastHeard">When this one has heard it last, by the monotonic clock; zero: never.</param>
internal sealed record StoreUnheard(Address Address, TimeSpan LastHeard);
