using Grpc.Core;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Keeps clients of another cluster out: they would read and write where they do not belong.
/// </summary>
internal static class ClusterChecks
{
    /// <summary>Requires the request to name this cluster.</summary>
    /// <exception cref="RpcException">It names another one, or none.</exception>
    public static void Require(RequestHeader? header, ulong clusterId)
    {
        var requested = header?.ClusterId ?? 0;
        if (requested == clusterId) return;
        throw new RpcException(new Status(StatusCode.FailedPrecondition,
            $"cluster id mismatch: the request is for cluster {requested}, this is cluster {clusterId}"));
    }

    /// <summary>
    /// As <see cref="Require"/>, but a client that does not know the cluster's id yet may ask for it.
    /// </summary>
    public static void RequireOrUnknown(RequestHeader? header, ulong clusterId)
    {
        if (header is not null and not { ClusterId: 0 }) Require(header, clusterId);
    }
}
