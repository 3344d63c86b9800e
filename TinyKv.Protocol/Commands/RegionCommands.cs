using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Commands;

/// <summary>The commands that change a region with data itself, as parts of the message that all commands have.</summary>
internal static class RegionCommands
{
    /// <summary>The message of a split.</summary>
    public static Proto.Command ToWire(SplitRegion split) => new()
    {
        SplitRegion = new Proto.SplitRegion
        {
            Epoch = RegionErrors.ToWire(split.Epoch),
            Key = WireCodec.Wrap(split.Key),
            NewRegionId = split.NewRegion.Value,
            NewPeerIds = { split.NewPeers.Select(peer => peer.Value) },
        },
    };

    /// <summary>The split of a message.</summary>
    /// <exception cref="MalformedMessageException">A part is impossible.</exception>
    public static SplitRegion FromWire(Proto.SplitRegion wire)
    {
        WireCodec.Require(wire.Epoch is not null, "a split without an epoch");
        WireCodec.Require(wire.Key.Length is > 0 and <= Limits.MaxKeyBytes, $"a split at a key of {wire.Key.Length} bytes");
        WireCodec.Require(wire.NewPeerIds.Count is > 0 and <= Configuration.MaxMembers,
            $"a split of {wire.NewPeerIds.Count} replicas");
        var numbers = wire.NewPeerIds.Append(wire.NewRegionId).ToHashSet();
        WireCodec.Require(numbers.Count == wire.NewPeerIds.Count + 1 && !numbers.Contains(0),
            "a split with a number that is used twice, or is none");
        return new SplitRegion(RegionErrors.FromWire(wire.Epoch), wire.Key.Memory, new RegionId(wire.NewRegionId),
            [.. wire.NewPeerIds.Select(id => new PeerId(id))]);
    }
}
