using Grpc.Core;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Errors;

namespace TinyKv.Server.Grpc;

/// <summary>Replies of any type that carry nothing but a refusal.</summary>
internal static class RefusedReply
{
    /// <summary>One of them.</summary>
    /// <exception cref="RpcException">Replies of this type have no room for a region error.</exception>
    public static TReply Of<TReply>(RegionError refusal)
    {
        var reply = Activator.CreateInstance<TReply>();
        if (reply is not IRegionReply region)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, refusal.Message));
        region.RegionError = RegionErrors.ToWire(refusal);
        return reply;
    }
}
