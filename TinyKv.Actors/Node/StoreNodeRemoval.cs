using Akka.Actor;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Actors.Node;

/// <summary>
/// Removes a store for ever, when no region has a replica there. That is asked twice: before placement says that the store is
/// to go, so that a refusal changes nothing, and after, when none can be put there any more.
/// </summary>
/// <param name="self">This store.</param>
/// <param name="own">What this store says of its replicas.</param>
/// <param name="peers">The other stores.</param>
/// <param name="actors">Their actors.</param>
/// <param name="placement">Knows which stores there are.</param>
/// <param name="settle">How long a leader may believe that it leads when others have elected another.</param>
/// <param name="time">The clock.</param>
internal sealed class StoreNodeRemoval(
    StoreId self, Func<CancellationToken, Task<StoreStatusResponse>> own, StorePeers peers, PeerActors actors,
    IPlacement placement, TimeSpan settle, TimeProvider time)
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Removes a store; one that was removed stays so.</summary>
    /// <returns>The stores as they are then.</returns>
    /// <exception cref="RegistryRefusedException">It cannot be removed; says why.</exception>
    /// <exception cref="PlacementUnavailableException">It is not known now, or placement has no leader.</exception>
    public async Task<StoreDirectory> RemoveAsync(StoreId store, CancellationToken cancellation)
    {
        var stores = (await placement.ListStoresAsync(cancellation)).Directory;
        if (stores.Find(store) is { State: StoreState.Tombstone }) return stores;
        // Of one that there is not placement says so.
        if (stores.Find(store) is { State: StoreState.Up }) await RequireNoReplicasAsync(store, cancellation);
        await placement.ChangeStoresAsync(new SetStoreState(store, StoreState.Offline), cancellation);
        await Task.Delay(settle, time, cancellation);
        await RequireNoReplicasAsync(store, cancellation);
        return await placement.ChangeStoresAsync(new SetStoreState(store, StoreState.Tombstone), cancellation);
    }

    private async Task RequireNoReplicasAsync(StoreId store, CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(
            peers.All.Values.Select(peer => AskAsync(peer.Id, cancellation)).Prepend(AnswerAsync(own, cancellation)));
        var led = answers.OfType<StoreStatusResponse>().SelectMany(answer => answer.Peers)
            .Where(peer => peer.Role == "leader")
            .Select(peer => new LedRegion(RegionErrors.FromWire(peer.Region), peer.Term)).ToList();
        if (StoreRemoval.RefusalOf(store, led) is { } refusal) throw new RegistryRefusedException(refusal);
        if (StoreRemoval.UnknownOf(led) is { Length: > 0 } unknown)
            throw new PlacementUnavailableException(
                $"no store that answers {self} is the leader {unknown}, so nobody knows whether {store} has a replica of it");
    }

    private Task<StoreStatusResponse?> AskAsync(StoreId store, CancellationToken cancellation) =>
        actors.Find(store, GatewayActor.Name) is not { } gateway ? Task.FromResult<StoreStatusResponse?>(null)
            : AnswerAsync(limit => gateway.Ask<StoreStatusResponse>(new StoreStatusRequest(), limit), cancellation);

    // Null: there was none in time.
    private async Task<StoreStatusResponse?> AnswerAsync(
        Func<CancellationToken, Task<StoreStatusResponse>> ask, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AskTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await ask(either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException
            && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
