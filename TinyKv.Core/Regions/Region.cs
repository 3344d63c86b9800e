using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Regions;

/// <summary>A store's number, unique in the cluster; 0 means none.</summary>
public readonly record struct StoreId(ulong Value)
{
    /// <summary>No store.</summary>
    public static StoreId None => default;

    /// <inheritdoc/>
    public override string ToString() => $"store {Value}";
}

/// <summary>A region's number, unique in the cluster. 0 is the placement group, which holds no keys.</summary>
public readonly record struct RegionId(ulong Value)
{
    /// <summary>The group that replicates placement's own state.</summary>
    public static RegionId Placement => default;

    /// <summary>The region that the cluster begins with.</summary>
    public static RegionId First => new(1);

    /// <inheritdoc/>
    public override string ToString() => $"region {Value}";
}

/// <summary>A region's version: the first number counts membership changes, the second splits.</summary>
public readonly record struct RegionEpoch(ulong ConfVer, ulong Version)
{
    /// <summary>The epoch of a region that never changed.</summary>
    public static RegionEpoch Initial => new(1, 1);

    /// <summary>Whether this epoch is later than another: by the splits, and with as many of them by the membership.</summary>
    public bool IsNewerThan(RegionEpoch other) =>
        Version != other.Version ? Version > other.Version : ConfVer > other.ConfVer;
}

/// <summary>One replica of a region: which peer, on which store, and what it counts for.</summary>
public readonly record struct Peer(PeerId Id, StoreId Store, MemberRole Role = MemberRole.Voter);

/// <summary>A key range and who replicates it.</summary>
public sealed record Region(RegionId Id, KeyRange Range, RegionEpoch Epoch, ImmutableArray<Peer> Peers)
{
    /// <summary>The replicas as the members of a Raft group.</summary>
    /// <exception cref="InvariantViolationException">They are none: a region that somebody else has named may have no
    /// voters.</exception>
    public Configuration ToConfiguration() => new(Peers);

    /// <summary>The region after a change of members.</summary>
    public Region With(Configuration members) =>
        this with { Peers = members.Members, Epoch = Epoch with { ConfVer = Epoch.ConfVer + 1 } };

    /// <summary>The replica on <paramref name="store"/>, if there is one.</summary>
    public Peer? PeerOn(StoreId store)
    {
        foreach (var peer in Peers)
            if (peer.Store == store) return peer;
        return null;
    }

    /// <summary>The replica with the number <paramref name="id"/>, if there is one.</summary>
    public Peer? PeerWith(PeerId id)
    {
        foreach (var peer in Peers)
            if (peer.Id == id) return peer;
        return null;
    }
}
