using Google.Protobuf;
using Grpc.Core;
using TinyKv.Client.Grpc;
using TinyKv.Core.Regions;
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

    /// <summary>Removes a store for ever: its replicas are moved to other stores first, which takes as long as copies of their
    /// data do. To repeat it does no harm.</summary>
    /// <param name="store">Its number.</param>
    /// <param name="left">Told what is left to do, for people, whenever that changes.</param>
    /// <param name="cancellation">Gives up waiting: its replicas are moved all the same.</param>
    /// <returns>The store as it is then.</returns>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or a region has no leader that says
    /// whether the store has a replica of it.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such store, its replicas have no other place, it is the last
    /// that is up, or the client is one over remoting.</exception>
    Task<StoreDetail> RemoveStoreAsync(
        ulong store, IProgress<string>? left = null, CancellationToken cancellation = default);

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

    /// <summary>
    /// Gives a store a replica of a region, which is a learner until it has caught up. Ends when it votes; to repeat one that
    /// was interrupted continues it.
    /// </summary>
    /// <param name="region">The region; 0 is placement's own group.</param>
    /// <param name="store">The store.</param>
    /// <param name="underWay">Told what is under way, for people, whenever that changes.</param>
    /// <param name="cancellation">Gives up waiting: the store has a learner then, or will have.</param>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or the region has no
    /// leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such region or store, the store has a replica already, there
    /// is no room for another, or the client is one over remoting.</exception>
    Task AddPeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default);

    /// <summary>Removes the replica of a region from a store, the leader too. Ends when the members that are left have decided
    /// it.</summary>
    /// <param name="region">The region; 0 is placement's own group.</param>
    /// <param name="store">The store, which may be gone for ever.</param>
    /// <param name="underWay">Told what is under way, for people, whenever that changes.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or the region has no
    /// leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such region, the store has no replica of it or the only one
    /// that votes, or the client is one over remoting.</exception>
    Task RemovePeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default);

    /// <summary>Splits a region in two: it keeps the keys below a key, a new one on the same stores gets the others. Ends when
    /// both are there; to repeat it does no harm.</summary>
    /// <param name="region">The region.</param>
    /// <param name="key">The first key of the new one.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The two; or that the key was a bound of the region already.</returns>
    /// <exception cref="TinyKvUnavailableException">No store answered within the timeout, or the region has no
    /// leader.</exception>
    /// <exception cref="TinyKvInvalidRequestException">There is no such region, the key is another region's or none, or the
    /// client is one over remoting.</exception>
    Task<SplitRegionResponse> SplitRegionAsync(
        ulong region, ReadOnlyMemory<byte> key, CancellationToken cancellation = default);
}

/// <summary>Asks the Admin service of any store.</summary>
internal sealed class GrpcAdmin(
    GrpcPlacement placement, Func<Func<CancellationToken, Task<object>>, CancellationToken, Task<object>> retry) : IClusterAdmin
{
    // Between two questions whether a change of members is made.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Where every store is asked each time.
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(1);

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
    public async Task<StoreDetail> RemoveStoreAsync(
        ulong store, IProgress<string>? left = null, CancellationToken cancellation = default)
    {
        var request = new RemoveStoreRequest { StoreId = store };
        for (var said = ""; ;)
        {
            var reply = await AskAsync((admin, call) => admin.RemoveStoreAsync(request, call), cancellation);
            if (reply.Left.Length == 0) return reply.Store;
            if (reply.Left != said) left?.Report(reply.Left);
            said = reply.Left;
            await Task.Delay(LongPause, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default)
    {
        var request = new TransferLeaderRequest { RegionId = region, StoreId = store };
        return !(await AskAsync((admin, call) => admin.TransferLeaderAsync(request, call), cancellation)).LedAlready;
    }

    /// <inheritdoc/>
    public Task AddPeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        ChangePeerAsync(new ChangePeerRequest { RegionId = region, StoreId = store, HasPeer = true },
            $"store {store} has a replica of {new RegionId(region)} already", underWay, cancellation);

    /// <inheritdoc/>
    public Task RemovePeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        ChangePeerAsync(new ChangePeerRequest { RegionId = region, StoreId = store },
            $"store {store} has no replica of {new RegionId(region)}", underWay, cancellation);

    /// <inheritdoc/>
    public Task<SplitRegionResponse> SplitRegionAsync(
        ulong region, ReadOnlyMemory<byte> key, CancellationToken cancellation = default)
    {
        var request = new SplitRegionRequest { RegionId = region, Key = ByteString.CopyFrom(key.Span) };
        return AskAsync((admin, call) => admin.SplitRegionAsync(request, call), cancellation);
    }

    private async Task ChangePeerAsync(
        ChangePeerRequest request, string nothingToDo, IProgress<string>? underWay, CancellationToken cancellation)
    {
        for (var said = ""; ;)
        {
            var reply = await AskAsync((admin, call) => admin.ChangePeerAsync(request, call), cancellation);
            if (reply.Done && said.Length == 0) throw new TinyKvInvalidRequestException(nothingToDo);
            if (reply.Done) return;
            if (reply.UnderWay != said) underWay?.Report(reply.UnderWay);
            said = reply.UnderWay;
            await Task.Delay(Pause, cancellation);
        }
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
    public Task<StoreDetail> RemoveStoreAsync(
        ulong store, IProgress<string>? left = null, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task AddPeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task RemovePeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);

    /// <inheritdoc/>
    public Task<SplitRegionResponse> SplitRegionAsync(
        ulong region, ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        throw new TinyKvInvalidRequestException(Reason);
}
