using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Client;

/// <summary>A request to the region that holds a key, made anew for every attempt.</summary>
/// <param name="Key">Decides the region.</param>
/// <param name="Writes">Whether it matters that the request is carried out more than once.</param>
/// <param name="Start">Sends the request.</param>
internal sealed record RegionRequest<T>(
    ReadOnlyMemory<byte> Key,
    bool Writes,
    Func<GrpcChannel, RegionTarget, CallOptions, AsyncUnaryCall<T>> Start)
    where T : IRegionReply;

/// <summary>Which replica of which region an attempt goes to.</summary>
internal sealed record RegionTarget(Region Region, Peer Peer, string Address)
{
    /// <summary>The target as requests name it.</summary>
    public Context Context => new()
    {
        RegionId = Region.Id.Value,
        RegionEpoch = Protocol.Errors.RegionErrors.ToWire(Region.Epoch),
        Peer = Protocol.Errors.RegionErrors.ToWire(Peer),
    };
}
