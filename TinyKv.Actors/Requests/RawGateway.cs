using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>Checks requests, bounds how many are under way, and hands them to the replica or to the router.</summary>
internal sealed class RawGateway(
    RawExecutor executor, RawRouter router, InFlight inFlight, TimeSpan timeout, TimeProvider time) : IRawGateway
{
    /// <inheritdoc/>
    public async Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new() => (TReply)await ExecuteAsync((IRawRequest)request, cancellation);

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
    public async Task<IRawReply> ExecuteAsync(IRawRequest request, CancellationToken cancellation)
    {
        if (RawChecks.Of(request) is { } error) return request.Invalid(error);
        var bytes = request.CalculateSize();
        if (!inFlight.TryEnter(bytes)) return request.Refused(inFlight.Refusal());
        try
        {
            return request is IRoutedRequest { Context: null } routed
                ? await router.ExecuteAsync(routed, cancellation)
                : await executor.ExecuteAsync(request, request.Context!.ToRequestContext(), cancellation);
        }
        finally
        {
            inFlight.Leave(bytes);
        }
    }
}
