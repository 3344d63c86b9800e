using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Transfers the leadership of every region that a store leads, before the store leaves: the others need not wait until they
/// miss it.
/// </summary>
/// <param name="table">Who leads.</param>
/// <param name="store">Takes requests to the regions.</param>
/// <param name="limit">How long it may take; then the store leaves anyway.</param>
/// <param name="time">Measures that.</param>
internal sealed class LeadershipHandOver(RegionTable table, IActorRef store, TimeSpan limit, TimeProvider time)
{
    private Task? _running;

    /// <summary>The regions that this store leads.</summary>
    public IEnumerable<RegionId> Led => table.Views
        .Where(view => view.Peer?.Change.Role == RoleKind.Leader && view.Region.Peers.Length > 1)
        .Select(view => view.Region.Id);

    /// <summary>Completes when others lead them, or the time is over. Whoever calls it again waits for the same.</summary>
    public Task RunAsync()
    {
        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.CompareExchange(ref _running, own.Task, null) ?? RunAsync(own);
    }

    private async Task RunAsync(TaskCompletionSource ended)
    {
        try
        {
            using var end = new CancellationTokenSource(limit, time);
            await Task.WhenAll(Led.Select(region => HandOverAsync(region, end.Token)));
        }
        finally
        {
            ended.SetResult();
        }
    }

    private async Task HandOverAsync(RegionId region, CancellationToken end)
    {
        try
        {
            await store.Ask<object>(new TransferLeadership(region, StoreId.None), Timeout.InfiniteTimeSpan, end);
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
        {
            // The others elect somebody when they miss this store.
        }
    }
}
