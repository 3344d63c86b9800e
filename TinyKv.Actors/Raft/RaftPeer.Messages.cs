using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

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

    /// <summary>Whether it was created before, so that its journal cannot be empty.</summary>
    public bool WasCreated { get; init; }

    /// <summary>What the state machine holds already.</summary>
    public required long Applied { get; init; }

    /// <summary>Raft's numbers.</summary>
    public required RaftOptions Options { get; init; }

    /// <summary>The time of one tick.</summary>
    public required TimeSpan TickInterval { get; init; }

    /// <summary>The most proposals, and the most reads, that wait to be taken up.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>Decides the election timeouts.</summary>
    public required int Seed { get; init; }

    /// <summary>The region's state machine.</summary>
    public required IActorRef Applier { get; init; }

    /// <summary>Whether the state machine can read an entry's data.</summary>
    public required Func<ReadOnlyMemory<byte>, bool> IsCommand { get; init; }

    /// <summary>The way to the other stores; takes <see cref="Transport.OutboundRaftMessage"/>.</summary>
    public required IActorRef Transport { get; init; }
}

/// <summary>To the parent: the journal is replayed, requests are taken. The first <see cref="PeerView"/> follows.</summary>
internal sealed record PeerReady
{
    public static PeerReady Instance { get; } = new();
}

/// <summary>To the parent, at every change: who leads as this replica knows it.</summary>
/// <param name="Change">Role, term and leader.</param>
/// <param name="Leader">The leader's replica; null when unknown.</param>
/// <param name="CaughtUp">Whether, since that leader is known, everything known to be committed was applied once.</param>
internal sealed record PeerView(LeadershipChange Change, Peer? Leader, bool CaughtUp);

/// <summary>
/// To the parent: this store has lost what it acknowledged. It votes no more, and ends as soon as that is written down, so
/// that no later start votes either.
/// </summary>
/// <param name="Reason">What was lost, and what to do.</param>
internal sealed record DataLost(string Reason);

/// <summary>Ends the store: it cannot continue, and a restart of one actor does not help. On the event stream.</summary>
/// <param name="Reason">What has failed.</param>
/// <param name="Cause">Why, when that is known.</param>
internal sealed record StoreFailed(string Reason, Exception? Cause = null)
{
    /// <summary>Whether the configuration is the reason: restarting the store does not help before it is changed.</summary>
    public bool Misconfigured { get; init; }

    /// <summary>Tells whoever watches over the store, from any thread.</summary>
    public static void Publish(
        ActorSystem system, string reason, Exception? cause = null, bool misconfigured = false) =>
        system.EventStream.Publish(new StoreFailed(reason, cause) { Misconfigured = misconfigured });

    /// <inheritdoc/>
    public override string ToString() => Cause is null ? Reason : $"{Reason}: {Cause.GetBaseException().Message}";
}

internal sealed partial class RaftPeer
{
    /// <summary>One tick has passed.</summary>
    internal sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>The requests that were in the mailbox are all queued now.</summary>
    private sealed class Flush
    {
        public static Flush Instance { get; } = new();
    }

    /// <summary>A journal write whose messages wait for it.</summary>
    private sealed class PendingWrite(RaftRecord record, ImmutableArray<RaftEnvelope> messages)
    {
        public long Started { get; } = Stopwatch.GetTimestamp();

        public long LastIndex { get; } = record.Entries.IsEmpty ? 0 : record.Entries[^1].Index;

        private List<RaftEnvelope>? _later;

        /// <summary>The messages that came with the record.</summary>
        public ReadOnlySpan<RaftEnvelope> Messages => messages.AsSpan();

        /// <summary>Those that came after it, without a record of their own.</summary>
        public ReadOnlySpan<RaftEnvelope> Later => CollectionsMarshal.AsSpan(_later);

        public void Add(ImmutableArray<RaftEnvelope> later)
        {
            if (!later.IsEmpty) (_later ??= []).AddRange(later);
        }
    }
}
