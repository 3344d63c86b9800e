using System.Diagnostics;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using Meta = TinyKv.Protocol.Wire.Meta;
using Proto = TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Protocol.Errors;

/// <summary>Refusals, and the regions that they carry, as the TinyKV protocol writes them.</summary>
public static class RegionErrors
{
    /// <summary>The wire form of a refusal, with a message for people.</summary>
    public static Proto.Error ToWire(RegionError error)
    {
        var wire = new Proto.Error { Message = error.Message };
        switch (error)
        {
            case RegionError.NotLeader e:
                wire.NotLeader = new Proto.NotLeader { RegionId = ToWire(e.Region) };
                if (e.Leader is { } leader) wire.NotLeader.Leader = ToWire(leader);
                break;
            case RegionError.StoreNotMatch e:
                wire.StoreNotMatch = new Proto.StoreNotMatch
                {
                    RequestStoreId = e.Requested.Value,
                    ActualStoreId = e.Actual.Value,
                };
                break;
            case RegionError.RegionNotFound e:
                wire.RegionNotFound = new Proto.RegionNotFound { RegionId = ToWire(e.Region) };
                break;
            case RegionError.KeyNotInRegion e:
                wire.KeyNotInRegion = new Proto.KeyNotInRegion
                {
                    Key = WireCodec.Wrap(e.Key),
                    RegionId = e.Region.Id.Value,
                    StartKey = WireCodec.Wrap(e.Region.Range.Start),
                    EndKey = WireCodec.Wrap(e.Region.Range.End),
                };
                break;
            case RegionError.EpochNotMatch e:
                wire.EpochNotMatch = new Proto.EpochNotMatch();
                foreach (var region in e.Current) wire.EpochNotMatch.CurrentRegions.Add(ToWire(region));
                break;
            case RegionError.StaleCommand:
                wire.StaleCommand = new Proto.StaleCommand();
                break;
            case RegionError.ServerIsBusy e:
                wire.ServerIsBusy = new Proto.ServerIsBusy { Reason = e.Reason, BackoffMs = e.BackoffMs };
                break;
            case RegionError.RegionStopped e:
                wire.RegionStopped = new Proto.RegionStopped { RegionId = e.Region.Value, Reason = e.Reason };
                break;
            default:
                throw new UnreachableException($"no wire form for {error.GetType()}");
        }
        return wire;
    }

    /// <summary>
    /// The refusal, or null when it is of no known kind. The protocol's KeyNotInRegion names neither epoch
    /// nor peers: its region comes back without them.
    /// </summary>
    public static RegionError? FromWire(Proto.Error error)
    {
        return error switch
        {
            { NotLeader: { } e } =>
                new RegionError.NotLeader(RegionFromWire(e.RegionId), LeaderFromWire(e.Leader)),
            { StoreNotMatch: { } e } =>
                new RegionError.StoreNotMatch(new StoreId(e.RequestStoreId), new StoreId(e.ActualStoreId)),
            { RegionNotFound: { } e } => new RegionError.RegionNotFound(RegionFromWire(e.RegionId)),
            { KeyNotInRegion: { } e } => new RegionError.KeyNotInRegion(e.Key.Memory, RegionOf(e)),
            { EpochNotMatch: { } e } => new RegionError.EpochNotMatch([.. e.CurrentRegions.Select(FromWire)]),
            { StaleCommand: not null } => new RegionError.StaleCommand(),
            { ServerIsBusy: { } e } => new RegionError.ServerIsBusy(e.Reason, e.BackoffMs),
            { RegionStopped: { } e } => new RegionError.RegionStopped(new RegionId(e.RegionId), e.Reason),
            _ => null,
        };
    }

    // Nobody outside names the placement group, whose number this is.
    private static ulong ToWire(RegionId? region) => region?.Value ?? 0;

    private static RegionId? RegionFromWire(ulong region) => region == 0 ? null : new RegionId(region);

    /// <summary>The wire form of a region.</summary>
    public static Meta.Region ToWire(Region region)
    {
        var wire = new Meta.Region
        {
            Id = region.Id.Value,
            StartKey = WireCodec.Wrap(region.Range.Start),
            EndKey = WireCodec.Wrap(region.Range.End),
            RegionEpoch = ToWire(region.Epoch),
        };
        foreach (var peer in region.Peers) wire.Peers.Add(ToWire(peer));
        return wire;
    }

    /// <summary>The region; a missing epoch is read as zeros.</summary>
    public static Region FromWire(Meta.Region region)
    {
        return new Region(
            new RegionId(region.Id),
            new KeyRange(region.StartKey.Memory, region.EndKey.Memory),
            region.RegionEpoch is { } epoch ? FromWire(epoch) : default,
            [.. region.Peers.Select(FromWire)]);
    }

    /// <summary>The wire form of a replica.</summary>
    public static Meta.Peer ToWire(Peer peer) => new()
    {
        Id = peer.Id.Value,
        StoreId = peer.Store.Value,
        Role = (Meta.PeerRole)peer.Role,
    };

    /// <summary>The replica.</summary>
    public static Peer FromWire(Meta.Peer peer)
    {
        var role = peer.Role == Meta.PeerRole.Learner ? MemberRole.Learner : MemberRole.Voter;
        return new Peer(new PeerId(peer.Id), new StoreId(peer.StoreId), role);
    }

    /// <summary>The wire form of an epoch.</summary>
    public static Meta.RegionEpoch ToWire(RegionEpoch epoch) =>
        new() { ConfVer = epoch.ConfVer, Version = epoch.Version };

    /// <summary>The epoch.</summary>
    public static RegionEpoch FromWire(Meta.RegionEpoch epoch)
    {
        return new RegionEpoch(epoch.ConfVer, epoch.Version);
    }

    // Some servers write an empty peer where they know no leader.
    private static Peer? LeaderFromWire(Meta.Peer? leader) =>
        leader is null || leader.StoreId == 0 ? null : FromWire(leader);

    private static Region RegionOf(Proto.KeyNotInRegion e) =>
        new(new RegionId(e.RegionId), new KeyRange(e.StartKey.Memory, e.EndKey.Memory), default, []);
}
