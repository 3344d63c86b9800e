using Grpc.Core;
using TinyKv.Client.Grpc;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Client;

/// <summary>The cluster's stores and regions, for those who run it. Over gRPC only.</summary>
public interface IClusterAdmin
{
    /// <summary>All stores that were ever in the cluster, by ascending number, as the placement leader knows them.</summary>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or placement has no leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">The client is one over remoting.</exception>
    Task<ListStoresResponse> ListStoresAsync(CancellationToken cancellation = default);

    /// <summary>Makes a store known to the cluster, or says where one that is known is now; to repeat it does no harm.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or placement has no leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">Another store has an address, the store was removed or belongs to another
    /// cluster, an address is none, or the client is one over remoting.</exception>
    Task<RegisterStoreResponse> RegisterStoreAsync(RegisterStoreRequest store, CancellationToken cancellation = default);

    /// <summary>Sets labels of a store; to repeat it does no harm.</summary>
    /// <param name="store">Its number.</param>
    /// <param name="labels">What changes; one with an empty value is removed.</param>
    /// <param name="ifRevision">Only if the store has not changed since; 0: in any case.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The store as it is then, without its condition.</returns>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or placement has no leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such store, it was removed or has changed, a label is none,
    /// or the client is one over remoting.</exception>
    Task<StoreDetail> SetLabelsAsync(
        ulong store, IReadOnlyDictionary<string, string> labels, long ifRevision = 0, CancellationToken cancellation = default);

    /// <summary>Lets the replica on a store lead a region; ends when it does. To repeat it does no harm.</summary>
    /// <param name="region">The region; 0 is placement's own group.</param>
    /// <param name="store">The store.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>False: it led already.</returns>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or the region has no
    /// leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such region, the store has no replica of it or one that
    /// cannot lead, it did not take the lead within an election timeout, or the client is one over remoting.</exception>
    Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default);
}

/// <summary>Asks the Admin service of any store.</summary>
internal sealed class GrpcAdmin(
    GrpcPlacement placement, Func<Func<CancellationToken, Task<object>>, CancellationToken, Task<object>> retry) : IClusterAdmin
{
    /// <inheritdoc/>
    public Task<ListStoresResponse> ListStoresAsync(CancellationToken cancellation = default) =>
        AskAsync((admin, call) => admin.ListStoresAsync(new ListStoresRequest(), call), cancellation);

    /// <inheritdoc/>
    public Task<RegisterStoreResponse> RegisterStoreAsync(
        RegisterStoreRequest store, CancellationToken cancellation = default) =>
        AskAsync((admin, call) => admin.RegisterStoreAsync(store, call), cancellation);

    /// <inheritdoc/>
    public async Task<StoreDetail> SetLabelsAsync(
        ulong store, IReadOnlyDictionary<string, string> labels, long ifRevision = 0,
        CancellationToken cancellation = default)
    {
        var request = new SetStoreLabelsRequest { StoreId = store, IfRevision = ifRevision };
        foreach (var (name, value) in labels) request.Labels[name] = value;
        return (await AskAsync((admin, call) => admin.SetStoreLabelsAsync(request, call), cancellation)).Store;
    }

    /// <inheritdoc/>
    public async Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default)
    {
        var request = new TransferLeaderRequest { RegionId = region, StoreId = store };
        return !(await AskAsync((admin, call) => admin.TransferLeaderAsync(request, call), cancellation)).LedAlready;
    }

    private async Task<T> AskAsync<T>(
        Func<Admin.AdminClient, CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellation) where T : class =>
        (T)await retry(async ending => await placement.AskAdminAsync(start, ending), cancellation);
}

/// <summary>Over remoting stores are not administered.</summary>
internal sealed class NoAdmin : IClusterAdmin
{
    private const string Reason = "a cluster is administered over gRPC: connect with TinyKvClientOptions";

    /// <inheritdoc/>
    public Task<ListStoresResponse> ListStoresAsync(CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task<RegisterStoreResponse> RegisterStoreAsync(
        RegisterStoreRequest store, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task<StoreDetail> SetLabelsAsync(
        ulong store, IReadOnlyDictionary<string, string> labels, long ifRevision = 0,
        CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);
}
