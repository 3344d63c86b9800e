using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Simulation.Raft;

/// <summary>Carries snapshots from those that offer them to those that need them: slowly, or not at all.</summary>
internal sealed class Snapshots(Cluster cluster)
{
    // What a member fetches; null: its leader has not begun to give it out.
    private readonly Dictionary<Node, (SnapshotOffered Offer, Snapshot? Pinned)> _fetching = [];

    private sealed record Snapshot(LogPosition Position, Configuration Members);

    /// <summary>Members that fetch something.</summary>
    public IReadOnlyList<Node> Fetching => [.. _fetching.Keys.Where(node => node.IsUp)];

    /// <summary>A member was offered a snapshot. It fetches one at a time.</summary>
    public void Fetch(Node node, SnapshotOffered offer)
    {
        cluster.Marks.Hit(Mark.SnapshotWanted);
        if (_fetching.TryGetValue(node, out var known) && known.Offer.From == offer.From
            && known.Pinned is { } pinned && pinned.Position.Index >= offer.AtLeast.Index) return;
        _fetching[node] = (offer, null);
    }

    /// <summary>A member lost its memory.</summary>
    public void Forget(Node node) => _fetching.Remove(node);

    /// <summary>The next step of what a member fetches: the other pins its engine, or all of it has arrived.</summary>
    public void Advance(Node node)
    {
        var (offer, pinned) = _fetching[node];
        if (pinned is null) Pin(node, offer);
        else Install(node, pinned);
    }

    private void Pin(Node node, SnapshotOffered offer)
    {
        var source = cluster[offer.From];
        if (!source.IsUp || source.Machine.Applied < offer.AtLeast.Index)
        {
            _fetching.Remove(node);
            return;
        }
        var position = source.Log.At(source.Machine.Applied);
        cluster.Trace.Add($"{source.Id} pins a snapshot at {position} for {node.Id}");
        source.Core.SnapshotPinned(node.Id, position.Index);
        _fetching[node] = (offer, new Snapshot(position, source.Log.MembersAt(position.Index)));
        cluster.Marks.Hit(Mark.SnapshotPinned);
    }

    private void Install(Node node, Snapshot snapshot)
    {
        _fetching.Remove(node);
        if (!node.Core.CanInstall(snapshot.Position))
        {
            cluster.Marks.Hit(Mark.SnapshotTooLate);
            return;
        }
        cluster.Marks.HitIf(node.Log.Last.Index > snapshot.Position.Index, Mark.SnapshotReplacedALongerLog);
        node.Install(snapshot.Position, snapshot.Members);
    }
}
