using System.Collections.Immutable;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Actors.Node;

/// <summary>
/// What a cluster begins with. Every store works it out from the same list of stores, so that none has to wait for
/// another to hand it out: a group's replica on store <c>n</c> is peer <c>n</c>.
/// </summary>
internal static class Topology
{
    /// <summary>The position before the first entry of every log.</summary>
    public static LogPosition Origin => InitialState.Origin;

    /// <summary>The placement group.</summary>
    public static Region Placement(TinyKvSettings settings) => Group(RegionId.Placement, settings);

    /// <summary>The region that holds all keys.</summary>
    public static Region First(TinyKvSettings settings) => Group(RegionId.First, settings);

    /// <summary>What the replica of a group on a store begins with.</summary>
    public static InitialState InitialStateOf(Region region, DirectoryId directory) =>
        new([.. region.Peers.Select(peer => peer.Id)], Origin) { Directory = directory };

    private static Region Group(RegionId id, TinyKvSettings settings) => new(
        id, KeyRange.All, RegionEpoch.Initial,
        settings.Stores.Select(store => new Peer(new PeerId(store.Id.Value), store.Id)).ToImmutableArray());
}
