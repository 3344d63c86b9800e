using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Actors.Raft;

/// <summary>What a peer is made from.</summary>
internal sealed record RaftPeerSpec
{
    /// <summary>The name of its journal; unique among all stores of all clusters that share one.</summary>
    public required string PersistenceId { get; init; }

    /// <summary>The region that it replicates, as the state machine knows it.</summary>
    public required Region Region { get; init; }

    /// <summary>This replica.</summary>
    public required Peer Self { get; init; }

    /// <summary>What it begins with when its journal is empty.</summary>
    public required InitialState InitialState { get; init; }

    /// <summary>What a region's replica on a store begins with.</summary>
    /// <param name="region">The region.</param>
    /// <param name="applied">What the state machine holds when the journal is made: the log begins behind it.</param>
    /// <param name="directory">The store's data directory.</param>
    public static InitialState InitialStateOf(Region region, LogPosition applied, DirectoryId directory) =>
        new(region.ToConfiguration(), applied) { Directory = directory };

    /// <summary>Whether the engine knows that its journal was made, so that it cannot be empty.</summary>
    public bool JournalBorn { get; init; }

    /// <summary>Whether a split has just made it. Then it need not wait, as others do when they begin, for a leader that it may
    /// have promised to follow.</summary>
    public bool IsSplitOff { get; init; }

    /// <summary>What the state machine holds already.</summary>
    public required long Applied { get; init; }

    /// <summary>The snapshot that the state machine was given last, unless the journal is known to begin behind it.</summary>
    public LogPosition? Snapshot { get; init; }

    /// <summary>Raft's numbers.</summary>
    public required RaftOptions Options { get; init; }

    /// <summary>The time of one tick.</summary>
    public required TimeSpan TickInterval { get; init; }

    /// <summary>Sends the ticks; takes <see cref="Raft.Ticker.AwaitTick"/>.</summary>
    public required IActorRef Ticker { get; init; }

    /// <summary>The most proposals, and the most reads, that wait to be taken up.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>Decides the election timeouts.</summary>
    public required int Seed { get; init; }

    /// <summary>The region's state machine.</summary>
    public required IActorRef Applier { get; init; }

    /// <summary>Makes durable what state machines have applied; takes <see cref="SyncEngine"/>.</summary>
    public required IActorRef EngineSync { get; init; }

    /// <summary>Whether the state machine can read an entry's data.</summary>
    public required Func<ReadOnlyMemory<byte>, bool> IsCommand { get; init; }

    /// <summary>The way to the other stores; takes <see cref="OutboundRaftMessage"/>.</summary>
    public required IActorRef Transport { get; init; }
}
