using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Client;

/// <summary>Which replica of which region an attempt goes to.</summary>
internal sealed record RegionTarget(Region Region, Peer Peer, string Address)
{
    /// <summary>The target as requests name it.</summary>
    public Context Context => new()
    {
        RegionId = Region.Id.Value,
        RegionEpoch = RegionErrors.ToWire(Region.Epoch),
        Peer = RegionErrors.ToWire(Peer),
    };
}
