using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Messages;

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

/// <summary>
/// The replica's journal is not empty, now and for ever: from the peer to its state machine, which notes it in the engine.
/// The peer takes no part in anything before it hears <see cref="RegionCreated"/>.
/// </summary>
internal sealed record JournalBorn
{
    public static JournalBorn Instance { get; } = new();
}

/// <summary>To the parent, and by it to the peer: the engine knows that the journal of a replica is not empty.</summary>
internal sealed record RegionCreated(RegionId Region);

/// <summary>All replicas that this store begins with were made.</summary>
internal sealed record Bootstrapped
{
    public static Bootstrapped Instance { get; } = new();
}
