using System.Collections.Immutable;
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
/// repeated whatever happens; a write only when it was certainly not done.
/// </summary>
/// <param name="self">This store.</param>
/// <param name="table">What the replicas here know of their leaders.</param>
/// <param name="executor">Executes on this store.</param>
/// <param name="gateways">The gateways of the other stores.</param>
/// <param name="timeout">How long a request may take.</param>
/// <param name="time">The clock.</param>
internal sealed class RawRouter(
    StoreId self, RegionTable table, RawExecutor executor, ImmutableDictionary<StoreId, StoreLink> gateways,
    TimeSpan timeout, TimeProvider time)
{
    // A read that is not answered for so long is asked of another; an election takes about as long.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(160);

    /// <summary>A connection to another system broke: what went by it is not waited for any more.</summary>
    public void Broke(Address system)
    {
        foreach (var gateway in gateways.Values)
        {
            if (gateway.Address == system) gateway.Break();
        }
    }

    /// <summary>Executes a request on the leader of its region.</summary>
    public async Task<IRawReply> ExecuteAsync(IRoutedRequest request, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var attempt = new Attempt(request);
        try
        {
            return await FollowAsync(attempt, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && late.IsCancellationRequested)
        {
            return attempt.UnderWay ? request.OutcomeUnknown() : request.Refused(attempt.LastRefusal);
        }
    }

    private async Task<IRawReply> FollowAsync(Attempt attempt, CancellationToken limit)
    {
        var (pause, hint) = (FirstPause, default(Peer?));
        while (true)
        {
            if (table.Find(attempt.Request) is not { } view)
                return attempt.Request.Refused(new RegionError.RegionNotFound(RegionId.First));
            if (view.Stopped is { } stopped) return attempt.Request.Refused(stopped);
            var target = hint ?? view.Peer?.Leader;
            if (target is { } leader && await AskAsync(attempt, view.Region, leader, limit) is { } reply) return reply;
            var wasHinted = hint is not null;
            hint = attempt.Hint is { } named && named != target ? named : null;
            // Two stores that name each other must not make a busy loop.
            if (hint is not null && !wasHinted) continue;
            await Task.Delay(pause, time, limit);
            if (pause < LongestPause) pause *= 2;
        }
    }

    // Null: the answer is not final, another try may be made.
    private async Task<IRawReply?> AskAsync(Attempt attempt, Region region, Peer leader, CancellationToken limit)
    {
        attempt.Begin();
        var reply = leader.Store == self
            ? await executor.ExecuteAsync(
                attempt.Request, new RequestContext(region.Id, region.Epoch, leader, 0), limit)
            : await ForwardAsync(attempt.Request, region, leader, limit);
        return attempt.End(reply) ? reply : null;
    }

    private async Task<IRawReply?> ForwardAsync(
        IRoutedRequest request, Region region, Peer leader, CancellationToken limit)
    {
        if (!gateways.TryGetValue(leader.Store, out var gateway))
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
        var promise = gateway.Send(forwarded);
        try
        {
            return request.ReplyIn(await promise.ReplyAsync(either.Token)) ?? request.OutcomeUnknown();
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
            gateway.Forget(promise);
        }
    }

    /// <summary>One request on its way.</summary>
    private sealed class Attempt(IRoutedRequest request)
    {
        public IRoutedRequest Request => request;

        /// <summary>Whether it is a write that may be done by somebody right now.</summary>
        public bool UnderWay { get; private set; }

        /// <summary>Why it is not answered yet.</summary>
        public RegionError LastRefusal { get; private set; } = new RegionError.NotLeader(RegionId.First, null);

        /// <summary>Whom the last answer named as the leader.</summary>
        public Peer? Hint { get; private set; }

        public void Begin() => (UnderWay, Hint) = (!request.IsRead, null);

        /// <summary>Takes an answer in; true when it is final. Null: none came, and nothing was done.</summary>
        public bool End(IRawReply? reply)
        {
            UnderWay = false;
            if (reply is null) return false;
            if (reply.RegionError is not { } error || RegionErrors.FromWire(error) is not { } refusal) return true;
            LastRefusal = refusal;
            Hint = (refusal as RegionError.NotLeader)?.Leader;
            return refusal switch
            {
                RegionError.NotLeader or RegionError.EpochNotMatch or RegionError.RegionNotFound
                    or RegionError.StoreNotMatch or RegionError.RegionStopped => false,
                RegionError.StaleCommand => !request.IsRead,
                _ => true,
            };
        }
    }
}
