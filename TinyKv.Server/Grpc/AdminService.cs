using Grpc.Core;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Server.Stores;

namespace TinyKv.Server.Grpc;

/// <summary><c>tinykv.admin.v1.Admin</c>: the state of this store, for tools.</summary>
internal sealed class AdminService(StoreGate gate) : Admin.AdminBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        gate.Store.StatusAsync(context.CancellationToken);
}
