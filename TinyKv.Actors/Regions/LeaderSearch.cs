using Akka.Actor;
using TinyKv.Actors.Transport;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Asks the service of a region's leader, on whichever store it is: first the leader that is known here, then whom the
/// answers name, then the stores in turn, until one answers or the time is over.
/// </summary>
internal sealed class LeaderSearch(StoreId self, RegionId region, RegionTable table, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it takes at most, once no attempt is under way.</summary>
    public static readonly TimeSpan Total = TimeSpan.FromSeconds(5);

    /// <summary>The store whose replica leads the region, as known here; null when unknown.</summary>
    public StoreId? Leader => table.Find(region)?.Peer?.Leader?.Store;

    /// <summary>Asks.</summary>
    /// <param name="services">The service on each store.</param>
    /// <param name="request">The request.</param>
    /// <param name="attempt">How long one store may take.</param>
    /// <param name="read">Why an answer is none, empty if it is one, and the leader that it names, or 0.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The answer; or null, and why there is none.</returns>
    public async Task<(TReply? Reply, string Why)> AskAsync<TReply>(
        StoreServices services, object request, TimeSpan attempt,
        Func<TReply, (string Error, ulong Leader)> read, CancellationToken cancellation) where TReply : class
    {
        var began = time.GetTimestamp();
        var target = Leader is { } known && services.Has(known) ? known : self;
        var why = "the leader is still changing";
        while (time.GetElapsedTime(began) < Total)
        {
            if (services.On(target) is not { } service)
            {
                // It was removed meanwhile; this store is always there.
                target = services.After(target);
                continue;
            }
            using var limit = new CancellationTokenSource(attempt, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                var reply = await service.Ask<TReply>(request, Timeout.InfiniteTimeSpan, either.Token);
                var (error, leader) = read(reply);
                if (error.Length == 0) return (reply, "");
                // Who names another one as leader does not know why that one serves nothing.
                if (leader == 0) why = error;
                target = Next(services, target, new StoreId(leader));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                why = $"no answer from {target}";
                target = Next(services, target, StoreId.None);
            }
            await Task.Delay(Pause, time, cancellation);
        }
        return (null, why);
    }

    private StoreId Next(StoreServices services, StoreId asked, StoreId named)
    {
        if (named != asked && services.Has(named)) return named;
        return Leader is { } known && known != asked && services.Has(known) ? known : services.After(asked);
    }
}
