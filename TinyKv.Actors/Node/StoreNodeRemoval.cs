using System.Collections.Immutable;
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
/// Removes a store for ever, when no region has a replica there any more. That is asked twice: the second time when whoever
/// had been deposed the first time has stepped down.
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

    /// <summary>
    /// Begins to remove a store, whose replicas placement moves to others then, and ends it when it has none any more. Ask again
    /// until it is removed; one that was removed stays so.
    /// </summary>
    /// <returns>The stores as they are then, and what is left to do, for people; null: nothing.</returns>
    /// <exception cref="RegistryRefusedException">It cannot be removed; says why.</exception>
    /// <exception cref="PlacementUnavailableException">It is not known now, or placement has no leader.</exception>
    public async Task<(StoreDirectory Stores, string? Left)> RemoveAsync(StoreId store, CancellationToken cancellation)
    {
        var list = await placement.ListStoresAsync(cancellation);
        var known = list.Directory.Find(store);
        if (known is { State: StoreState.Tombstone }) return (list.Directory, null);
        var led = await LedAsync(store, cancellation);
        // A mistaken number, or a store that nothing can be moved from, changes nothing.
        if (known is { State: StoreState.Up } && StoreRemoval.RefusalOf(store, ViewOf(list, led)) is { } refusal)
            throw new RegistryRefusedException(refusal);
        var stores = await placement.ChangeStoresAsync(new SetStoreState(store, StoreState.Offline), cancellation);
        if (StoreRemoval.HeldOf(store, led) is { } held) return (stores, held);
        await Task.Delay(settle, time, cancellation);
        if (StoreRemoval.HeldOf(store, await LedAsync(store, cancellation)) is { } late) return (stores, late);
        return (await placement.ChangeStoresAsync(new SetStoreState(store, StoreState.Tombstone), cancellation), null);
    }

    // All regions, by those who lead them.
    private async Task<List<ReportedRegion>> LedAsync(StoreId store, CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(
            peers.All.Values.Select(peer => AskAsync(peer.Id, cancellation)).Prepend(AnswerAsync(own, cancellation)));
        var led = answers.OfType<StoreStatusResponse>().SelectMany(answer => answer.Peers.Where(peer => peer.Role == "leader")
            .Select(peer => new ReportedRegion(
                RegionErrors.FromWire(peer.Region), new StoreId(answer.StoreId), peer.Term))).ToList();
        return StoreRemoval.UnknownOf(led) is not { Length: > 0 } unknown ? led : throw new PlacementUnavailableException(
            $"no store that answers {self} is the leader {unknown}, so nobody knows whether {store} has a replica of it");
    }

    // A store that has just joined and was not heard yet will do.
    private static ClusterView ViewOf(StoreList list, IEnumerable<ReportedRegion> led) => new(list.Directory,
        list.Reports.ToImmutableDictionary(report => report.Store, report => report.Condition),
        list.Reports.ToImmutableDictionary(report => report.Store, report => report.Stats?.RegionCount ?? 0), [.. led]);

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
