using Grpc.Core;
using TinyKv.Host.Server;
using TinyKv.Protocol.Wire.V1;
using Service = TinyKv.Protocol.Wire.V1.Status;

namespace TinyKv.Host.Grpc;

/// <summary>The state of this store, for tools.</summary>
internal sealed class StatusService(StoreGate gate) : Service.StatusBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        gate.Store.StatusAsync(context.CancellationToken);
}
