using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What must hold whenever a region is split on a store: with one write it keeps the keys below one, and a new region on the
/// same stores gets all others; the same one on every store. So the regions have all keys, each of them once, at any moment.
/// </summary>
internal sealed class SplitRules
{
    private readonly World _world;
    private readonly Dictionary<RegionId, RegionSplit> _splits = []; // by the new region
    private readonly Dictionary<(RegionId, ulong Version), KeyRange> _ranges = []; // that there ever were

    public SplitRules(World world, IEnumerable<Region> initial)
    {
        _world = world;
        foreach (var region in initial) Note(region);
    }

    /// <summary>Whether a region had a key, in some version.</summary>
    public bool Had(RegionId region, ulong version, ReadOnlyMemory<byte> key) =>
        _ranges.TryGetValue((region, version), out var range) && range.Contains(key.Span);

    /// <summary>Whether a region was split off another.</summary>
    public bool IsSplitOff(RegionId region) => _splits.ContainsKey(region);

    /// <summary>The regions that a write has split off on a store.</summary>
    public IReadOnlyList<RegionId> Written(Machine machine, EngineVersion before, EngineVersion after)
    {
        var made = after.Catalog.Records.Where(record => IsSplitOff(before.Catalog.Find(record.Region.Id), record))
            .Select(record => record.Region).ToList();
        foreach (var child in made) SplitOff(machine, before, after, child);
        return [.. made.Select(region => region.Id)];
    }

    /// <summary>A message is sent to a store, which may not have split that region off yet.</summary>
    public void Sent(Machine to, RegionId region, RaftMessage message)
    {
        if (!_splits.TryGetValue(region, out var split) || to.Disk.Engine.Catalog.Find(region) is not null) return;
        if (to.Disk.Engine.Catalog.Find(split.Parent.Id) is not { State: RegionState.Normal } known) return;
        if (!known.Region.Range.Contains(split.Child.Range.Start.Span)) return;
        _world.Marks.HitIf(message is RaftMessage.PreVote or RaftMessage.RequestVote, NodeMark.PollBeforeSplit);
        _world.Marks.HitIf(message is RaftMessage.SnapshotOffer, NodeMark.OfferBeforeSplit);
    }

    private static bool IsSplitOff(RegionRecord? before, RegionRecord after) =>
        before is null && after is { State: RegionState.Normal, JournalBorn: false };

    private void SplitOff(Machine machine, EngineVersion before, EngineVersion after, Region child)
    {
        var was = before.Catalog.Records.Select(record => record.Region)
            .FirstOrDefault(region => region.Id != RegionId.Placement && region.Range.Contains(child.Range.Start.Span)
                && before.Catalog.Find(region.Id)!.State == RegionState.Normal);
        var parent = was is null ? null : after.Catalog.Find(was.Id)?.Region;
        if (was is null || parent is null || after.Applied(child.Id) != InitialState.Origin.Index)
        {
            _world.Fail(Rule.SplitsAreWhole, $"{machine.Name} has a new {child.Id} {child.Range} that comes from nowhere");
            return;
        }
        Require(machine, parent.Range == was.Range with { End = child.Range.Start }
            && child.Range.End.Span.SequenceEqual(was.Range.End.Span), $"{parent.Range} and {child.Range} are not {was.Range}");
        Require(machine, parent.Epoch.Version == was.Epoch.Version + 1 && child.Epoch == parent.Epoch,
            $"{was.Epoch} becomes {parent.Epoch} and {child.Epoch}");
        Require(machine, child.Peers.Select(peer => (peer.Store, peer.Role)).SequenceEqual(
            parent.Peers.Select(peer => (peer.Store, peer.Role))), $"{child.Id} is on {string.Join(' ', child.Peers)}");
        _world.Trace.Add($"{_world.Clock} {machine.Name} {parent.Id} {parent.Range} is split off {child.Id} {child.Range}");
        Learn(machine, new RegionSplit(parent, child));
    }

    private void Learn(Machine machine, RegionSplit split)
    {
        var child = split.Child;
        _world.Marks.HitIf(_world.Cluster.Rules.LastLeaderOf(child.Id) != PeerId.None, NodeMark.SplitBehindItsLeader);
        if (_splits.TryGetValue(child.Id, out var known))
        {
            Require(machine, known.Child.Range == child.Range && known.Child.Epoch == child.Epoch
                && known.Child.Peers.SequenceEqual(child.Peers), $"{child.Id} is another one than elsewhere");
            return;
        }
        _world.Marks.Hit(NodeMark.RegionSplit);
        _world.Marks.HitIf(_splits.ContainsKey(split.Parent.Id), NodeMark.ChildSplit);
        foreach (var id in child.Peers.Select(peer => peer.Id.Value).Prepend(child.Id.Value))
            if (_world.Cluster.Grants.Add(id) is { } wrong) _world.FailIfHonest(Rule.UniqueIds, $"{child.Id}: {wrong}");
        _splits[child.Id] = split;
        Note(split.Parent);
        Note(child);
        _world.Cluster.Split(split);
    }

    private void Note(Region region) => _ranges[(region.Id, region.Epoch.Version)] = region.Range;

    private void Require(Machine machine, bool condition, string otherwise)
    {
        if (!condition) _world.FailIfHonest(Rule.SplitsAreWhole, $"{machine.Name}: {otherwise}");
    }
}
