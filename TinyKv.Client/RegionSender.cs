using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;

namespace TinyKv.Client;

/// <summary>
/// Brings requests to the leaders of regions. Repeats what is safe until the deadline: what was certainly
/// not done, and reads.
/// </summary>
internal sealed partial class RegionSender(
    TinyKvClientOptions options, StoreCaller caller, PlacementClient placement, RegionCache regions)
{
    private readonly Deadlines _deadlines = new(options.Timeout);

    /// <summary>Sends a request, and returns the answer that carries no region error.</summary>
    public Task<TReply> SendAsync<TReply>(IRoutedRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new() =>
        SendAsync(request, new CallState(), _deadlines.Begin(cancellation), cancellation)!;

    /// <summary>Sends a request, or a part of one; null when a part is for keys of several regions, too.</summary>
    private async Task<TReply?> SendAsync<TReply>(
        IRoutedRequest<TReply> request, CallState state, Deadlines.Deadline deadline, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        using (deadline)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                while (state.Spanned is null)
                {
                    state.Attempts++;
                    if (await AttemptAsync(request, state, deadline.Token) is { } answer) return answer;
                }
                return state.Whole is not null ? null : await SendPartsAsync(request, state, deadline, cancellation);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw TimedOut(request, state);
            }
        }
    }

    /// <summary>One attempt; after a failure, null when it is time for the next one, or to cut the request.</summary>
    private async Task<TReply?> AttemptAsync<TReply>(
        IRoutedRequest<TReply> request, CallState state, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        RegionTarget target;
        try
        {
            target = await FindAsync(request, state, cancellation);
        }
        catch (StoreCallException e)
        {
            await WaitAsync(e);
            return null;
        }
        if (RegionSplitter.Spans(request, target.Region.Range))
        {
            state.Spanned = target.Region;
            return null;
        }

        TReply reply;
        try
        {
            state.InFlight = true;
            reply = await caller.CallAsync(
                target.Address, (IRawRequest<TReply>)request.For(target.Context), cancellation);
            state.InFlight = false;
        }
        catch (OperationCanceledException e)
        {
            state.InFlight = e is not NeverSentException;
            state.Last = caller.Silent(target.Address, e).After(state.Last);
            throw;
        }
        catch (StoreCallException e)
        {
            state.InFlight = false;
            state.Last = e;
            state.Avoid = target.Peer.Store;
            regions.DropLeader(target.Peer.Store);
            if (e.MayBeDone) OutcomeUnknown(request, state, target.Region.Id);
            await WaitAsync(e);
            return null;
        }

        if (reply.RegionError is not { } error)
        {
            if (regions.Known.Find(request)?.Leader != target.Peer)
                regions.SetLeader(target.Region.Id, target.Peer);
            return reply;
        }
        state.Last = new StoreCallException($"{target.Address}: {error.Message}", mayBeDone: false);
        var refusal = WithUsableLeader(RegionErrors.FromWire(error));
        if (Retries.MayBeDone(refusal, request.IsRead)) OutcomeUnknown(request, state, target.Region.Id);
        Learn(refusal, target, state);
        if (state.Retries.After(refusal) is var delay && delay > TimeSpan.Zero)
        {
            options.OnWaiting?.Invoke(state.Last.Message);
            await Task.Delay(delay, cancellation);
        }
        return null;

        Task WaitAsync(StoreCallException failure)
        {
            // An attempt that was cut off says less than one that was not.
            if (state.Last is null || !cancellation.IsCancellationRequested) state.Last = failure;
            cancellation.ThrowIfCancellationRequested();
            options.OnWaiting?.Invoke(failure.Message);
            return Task.Delay(state.Retries.After(RetryReason.Unreachable), cancellation);
        }
    }

    /// <summary>The replica to try: the leader where it is known and reachable, else one after the
    /// other.</summary>
    private async Task<RegionTarget> FindAsync(
        IRoutedRequest request, CallState state, CancellationToken cancellation)
    {
        var located = regions.Known.Find(request);
        if (located?.Leader is null)
        {
            located = await placement.GetRegionAsync(ScanCursor.FirstKey(request), cancellation);
            regions.Add(located);
        }
        var peer = located.Leader is { } leader && Usable(leader) ? leader : Next();
        return new RegionTarget(
            located.Region, peer, await placement.GetAddressAsync(peer.Store, cancellation));

        bool Usable(Peer candidate) =>
            candidate.Store != state.Avoid && !placement.IsShunned(candidate.Store);

        Peer Next()
        {
            var peers = located.Region.Peers;
            if (peers.IsEmpty) throw new StoreCallException($"{located.Region.Id} has no replicas", false);
            for (var i = 0; i < peers.Length; i++)
            {
                var candidate = peers[(state.Attempts + i) % peers.Length];
                if (Usable(candidate)) return candidate;
            }
            return located.Leader ?? peers[state.Attempts % peers.Length];
        }
    }

    // A leader that cannot be reached is as good as none.
    private RegionError? WithUsableLeader(RegionError? refusal) =>
        refusal is RegionError.NotLeader { Leader: { } leader } named && placement.IsShunned(leader.Store)
            ? named with { Leader = null } : refusal;

    /// <summary>Takes over what a refusal teaches.</summary>
    private void Learn(RegionError? refusal, RegionTarget target, CallState state)
    {
        var region = target.Region.Id;
        state.Avoid = null;
        switch (refusal)
        {
            case RegionError.NotLeader { Leader: { } leader }:
                regions.SetLeader(region, leader);
                break;
            case RegionError.NotLeader:
                regions.SetLeader(region, null);
                placement.PreferAnother();
                state.Avoid = target.Peer.Store;
                break;
            case RegionError.EpochNotMatch { Current.IsEmpty: false } error:
                regions.Remove(region);
                foreach (var current in error.Current)
                    regions.Add(new LocatedRegion(current, current.PeerOn(target.Peer.Store)));
                break;
            case RegionError.StoreNotMatch:
                placement.ForgetAddress(target.Peer.Store);
                break;
            case RegionError.StaleCommand or RegionError.ServerIsBusy:
                break;
            default:
                regions.Remove(region);
                placement.PreferAnother();
                break;
        }
    }

    private void OutcomeUnknown(IRawRequest request, CallState state, RegionId region)
    {
        if (request.IsRead) return;
        state.MayBeDone = true;
        if (state.Whole is { } whole) whole.MayBeDone = true;
        // After a conditional write that was done, its repetition would find the condition broken and deny it.
        if (options.RetryUndeterminedWrites && !request.IsConditional) return;
        throw new TinyKvUndeterminedException(
            $"the write to {region} may or may not have been done: {state.Last?.Message}", state.Last);
    }

    private Exception TimedOut(IRawRequest request, CallState state)
    {
        var attempts = $"within {options.Timeout.TotalSeconds:0.#} s ({state.Attempts} attempts)";
        var last = state.Last is { } e ? $"; last: {e.Message}" : "";
        return !request.IsRead && (state.InFlight || state.MayBeDone)
            ? new TinyKvUndeterminedException(
                $"the write was not answered {attempts}, it may or may not have been done{last}", state.Last)
            : new TinyKvUnavailableException($"no store served the request {attempts}{last}", state.Last);
    }

    /// <summary>What one call went through so far.</summary>
    private sealed class CallState
    {
        private Retries? _retries;

        /// <summary>Most calls need none.</summary>
        public Retries Retries => _retries ??= new Retries(Random.Shared.NextDouble);

        public int Attempts { get; set; }

        /// <summary>The call that it is a part of.</summary>
        public CallState? Whole { get; init; }

        /// <summary>The region of its first key, when others have some of its keys.</summary>
        public Region? Spanned { get; set; }

        /// <summary>The store that was of no use just now.</summary>
        public StoreId? Avoid { get; set; }

        /// <summary>Whether an attempt is on its way.</summary>
        public bool InFlight { get; set; }

        /// <summary>Whether an earlier attempt may have been carried out, of the whole or of a part.</summary>
        public bool MayBeDone { get; set; }

        public StoreCallException? Last { get; set; }
    }
}
