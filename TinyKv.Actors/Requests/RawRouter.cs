using Akka.Actor;
using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Finds the leader for a request without a context: executes it here when this store leads, otherwise forwards it,
/// with a context, to the gateway of the store that does. Refusals are followed until the time is over. Reads are
/// repeated whatever happens; a write only when it was certainly not done. One for keys of several regions is cut, and
/// its parts go their own ways.
/// </summary>
/// <param name="self">This store.</param>
/// <param name="table">What the replicas here know of their leaders.</param>
/// <param name="executor">Executes on this store.</param>
/// <param name="gateways">The gateways of the other stores.</param>
/// <param name="timeout">How long a request may take.</param>
/// <param name="time">The clock.</param>
/// <param name="draw">Random numbers from 0 to 1.</param>
internal sealed partial class RawRouter(
    StoreId self, RegionTable table, RawExecutor executor, GatewayLinks gateways, TimeSpan timeout, TimeProvider time,
    Func<double> draw)
{
    // A read that is not answered for so long is asked of another; an election takes about as long.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromMilliseconds(1500);

    /// <summary>A connection to another system broke: what went by it is not waited for any more.</summary>
    public void Broke(Address system) => gateways.Broke(system);

    /// <summary>Who asks a region for keys that it had before it was split is told of the one that has them now, too: else it
    /// would have to find that by itself, perhaps where the split is not known yet.</summary>
    public void NameRegion(IRawRequest request, IRawReply reply)
    {
        if (reply.RegionError?.EpochNotMatch is not { } refusal || request is not IRoutedRequest routed) return;
        if (table.Locate(routed)?.Region is { } region && refusal.CurrentRegions.All(named => named.Id != region.Id.Value))
            refusal.CurrentRegions.Add(RegionErrors.ToWire(region));
    }

    /// <summary>Executes a request on the leader of its region.</summary>
    public async Task<IRawReply> ExecuteAsync(IRoutedRequest request, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var attempt = new Attempt(request, draw);
        try
        {
            return await FollowAsync(attempt, limit.Token) ?? await ExecutePartsAsync(attempt, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && late.IsCancellationRequested)
        {
            return attempt.Unanswered();
        }
    }

    /// <summary>As the other one, without a limit of its own: when it is to end it replies as of then.</summary>
    public Task<IRawReply> ExecuteUntilAsync(IRoutedRequest request, CancellationToken end) =>
        FollowUntilAsync(new Attempt(request, draw), TimeSpan.Zero, end);

    /// <summary>Continues, after a while, with a request whose first attempt was refused.</summary>
    public async Task<IRawReply> FollowUntilAsync(Attempt attempt, TimeSpan delay, CancellationToken end)
    {
        try
        {
            if (delay > TimeSpan.Zero) await Task.Delay(delay, time, end);
            return await FollowAsync(attempt, end) ?? await ExecutePartsAsync(attempt, end);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return attempt.Unanswered();
        }
    }

    /// <summary>The first attempt of a request whose leader is here; null: it is elsewhere, not known, or not the only one.
    /// </summary>
    public (RequestContext Context, Attempt Attempt)? Here(IRoutedRequest request)
    {
        if (table.Find(request) is not { Stopped: null, Peer.Leader: { } leader } view || leader.Store != self) return null;
        if (RegionSplitter.Spans(request, view.Region.Range)) return null;
        var attempt = new Attempt(request, draw);
        attempt.Begin();
        return (ContextOf(view.Region, leader), attempt);
    }

    // Null: it is for keys of several regions.
    private async Task<IRawReply?> FollowAsync(Attempt attempt, CancellationToken limit)
    {
        while (true)
        {
            var view = table.Find(attempt.Request);
            if (view?.Stopped is { } stopped) return attempt.Request.Refused(stopped);
            var located = view is null ? table.Locate(attempt.Request) : new LocatedRegion(view.Region, view.Peer?.Leader);
            if (located is not null && RegionSplitter.Spans(attempt.Request, located.Region.Range))
            {
                attempt.Spanned = located.Region;
                return null;
            }
            TimeSpan delay;
            if (located is not null && (attempt.Hint ?? (view is null ? attempt.Guess(located) : located.Leader)) is { } leader)
            {
                var reply = await AskAsync(attempt, located.Region, leader, limit);
                if (attempt.End(reply, leader) is not { } wait) return reply!;
                Learn(attempt.LastRefusal, leader.Store);
                delay = wait;
            }
            else
            {
                delay = located is null && table.KnowsRegions ? attempt.Nowhere() : attempt.Retries.After(RetryReason.NoLeader);
            }
            if (delay > TimeSpan.Zero) await Task.Delay(delay, time, limit);
        }
    }

    // Null: no answer came, and nothing was done.
    private async Task<IRawReply?> AskAsync(Attempt attempt, Region region, Peer leader, CancellationToken limit)
    {
        attempt.Begin();
        return leader.Store == self
            ? await executor.ExecuteAsync(attempt.Request, ContextOf(region, leader), limit)
            : await ForwardAsync(attempt, region, leader, limit);
    }

    // Where there is no replica of a region, only others say what has become of it.
    private void Learn(RegionError refusal, StoreId from)
    {
        if (refusal is not RegionError.EpochNotMatch changed) return;
        foreach (var region in changed.Current.Where(region => !region.Range.IsEmpty))
            table.Learn(new LocatedRegion(region, region.PeerOn(from)));
    }

    private static RequestContext ContextOf(Region region, Peer leader) => new(region.Id, region.Epoch, leader, 0);

    private async Task<IRawReply?> ForwardAsync(Attempt attempt, Region region, Peer leader, CancellationToken limit)
    {
        var request = attempt.Request;
        if (gateways.To(leader.Store) is not { } gateway)
            return request.Refused(new RegionError.NotLeader(region.Id, null));
        var forwarded = request.For(new Context
        {
            RegionId = region.Id.Value,
            RegionEpoch = RegionErrors.ToWire(region.Epoch),
            Peer = RegionErrors.ToWire(leader),
        });
        using var late = new CancellationTokenSource(
            request.IsRead ? AttemptTimeout : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit, late.Token);
        var call = gateway.Call(forwarded);
        try
        {
            return request.ReplyIn(await call.ReplyAsync(either.Token)) ?? request.OutcomeUnknown();
        }
        catch (LinkFailedException failure)
        {
            return failure.MayBeDone ? request.OutcomeUnknown() : null;
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            gateway.Forget(call);
            if (!call.IsSent) attempt.NeverSent();
        }
    }
}
