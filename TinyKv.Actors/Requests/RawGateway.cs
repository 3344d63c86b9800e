using Akka.Event;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>Checks requests, bounds how many are under way, and hands them to the replica or to the router.</summary>
/// <param name="executor">Executes on this store.</param>
/// <param name="router">Finds leaders.</param>
/// <param name="inFlight">How many are under way.</param>
/// <param name="timeout">How long a request may take.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told what has failed.</param>
/// <param name="tasks">Runs what cannot go on where an answer comes; null: the pool.</param>
internal sealed class RawGateway(
    RawExecutor executor, RawRouter router, InFlight inFlight, TimeSpan timeout, TimeProvider time, ILoggingAdapter log,
    TaskScheduler? tasks = null) : IRawGateway
{
    private readonly UnderWay _underWay = new(inFlight, timeout, time);

    /// <inheritdoc/>
    public void Execute(IReadOnlyList<RawCall> calls)
    {
        var (together, replies) = (new List<RawStorageCall>(calls.Count), new Replies(calls.Count));
        foreach (var call in calls)
        {
            if (RawChecks.Of(call.Request) is { } error) replies.Add(call, call.Request.Invalid(error));
            else if (!_underWay.TryEnter(call)) replies.Add(call, call.Request.Refused(inFlight.Refusal()));
            else if (call.IsEnded) continue;
            else if (Here(call) is { } here) together.Add(here);
            else _ = ExecuteAloneAsync(call);
        }
        replies.Tell();
        if (together.Count > 0) executor.Execute(together, Done);
    }

    /// <inheritdoc/>
    public Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new() => ExecuteAsync<TReply>((IRawRequest)request, cancellation);

    /// <summary>As the other one, and gives up waiting by itself: whoever asked cannot say that it has gone.</summary>
    public async Task<IRawReply> ExecuteInTimeAsync(IRawRequest request)
    {
        // The router gives up by itself, and knows then whether anything may be done.
        if (request.Context is null) return await ExecuteAsync(request, CancellationToken.None);
        using var limit = new CancellationTokenSource(timeout, time);
        try
        {
            return await ExecuteAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return request.OutcomeUnknown();
        }
    }

    /// <summary>As the other one, for requests of any kind.</summary>
    public Task<IRawReply> ExecuteAsync(IRawRequest request, CancellationToken cancellation) =>
        ExecuteAsync<IRawReply>(request, cancellation);

    private async Task<TReply> ExecuteAsync<TReply>(IRawRequest request, CancellationToken cancellation)
        where TReply : class, IRawReply
    {
        if (RawChecks.Of(request) is { } error) return (TReply)request.Invalid(error);
        var bytes = request.CalculateSize();
        if (!inFlight.TryEnter(bytes)) return (TReply)request.Refused(inFlight.Refusal());
        try
        {
            var reply = request is IRoutedRequest { Context: null } routed
                ? await router.ExecuteAsync(routed, cancellation)
                : await executor.ExecuteAsync(request, request.Context!.ToRequestContext(), cancellation);
            router.NameRegion(request, reply);
            return (TReply)reply;
        }
        finally
        {
            inFlight.Leave(bytes);
        }
    }

    // A request for a replica here; what reads much, or must look for its leader, would hold up the others.
    private RawStorageCall? Here(RawCall call)
    {
        if (call.Request.ReadsMuch) return null;
        if (call.Request is not IRoutedRequest { Context: null } routed)
            return RawExecutor.CallOf(call, call.Request.Context!.ToRequestContext(), null);
        return router.Here(routed) is var (context, attempt) ? RawExecutor.CallOf(call, context, attempt) : null;
    }

    private void Done(IReadOnlyList<StorageCall> done)
    {
        var replies = new Replies(done.Count);
        foreach (var call in done.Cast<RawStorageCall>())
        {
            var reply = ReplyOf(call);
            router.NameRegion(call.Call.Request, reply);
            if (call.Attempt is { } attempt && attempt.End(reply, call.Context.Peer!.Value) is { } delay)
                Follow(call.Call, attempt, delay);
            else
                replies.Add(call.Call, reply);
        }
        replies.Tell();
    }

    private IRawReply ReplyOf(RawStorageCall call) => call.Failure switch
    {
        null => call.Reply!,
        StorageFailedException when call.Call.Request.IsRead => RawExecutor.Failed(call.Call.Request, call.Context),
        var failure => Failed(call.Call.Request, failure),
    };

    // Answers come on threads of actors, which wait for nobody.
    private void Follow(RawCall call, Attempt attempt, TimeSpan delay) => _ = Task.Factory.StartNew(
        () => AnswerAsync(call, end => router.FollowUntilAsync(attempt, delay, end)),
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, tasks ?? TaskScheduler.Default);

    private Task ExecuteAloneAsync(RawCall call) => AnswerAsync(call, call.Request is IRoutedRequest { Context: null } routed
        ? end => router.ExecuteUntilAsync(routed, end)
        : end => executor.ExecuteAsync(call.Request, call.Request.Context!.ToRequestContext(), end));

    private async Task AnswerAsync(RawCall call, Func<CancellationToken, Task<IRawReply>> execute)
    {
        var (request, cancellation) = (call.Request, call.GoAlone());
        IRawReply reply;
        try
        {
            reply = await execute(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            reply = request.OutcomeUnknown();
        }
        catch (Exception failure)
        {
            reply = Failed(request, failure);
        }
        router.NameRegion(request, reply);
        call.Answer(reply);
    }

    /// <summary>What a request is told whose execution has failed, which the log has in full.</summary>
    public IRawReply Failed(IRawRequest request, Exception failure)
    {
        // What the files are to blame for ends the store, which says so once.
        if (failure is not StorageFailedException) log.Error(failure, "{Request} failed", request.GetType().Name);
        return request.IsRead
            ? request.Refused(new RegionError.ServerIsBusy("the store failed to answer; its log says more", BackoffMs: 500))
            : request.OutcomeUnknown();
    }
}
