using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>Raw requests to a store, of both protocols: whatever takes them from outside passes them on to here.</summary>
public interface IRawGateway
{
    /// <summary>
    /// Executes a request: with a context on this store's replica and nowhere else, without one wherever the leader is, or
    /// the leaders of all regions with its keys. What is wrong with it, and refusals, are in the reply.
    /// </summary>
    /// <param name="request">Not to be changed until it is answered.</param>
    /// <param name="cancellation">Ends the wait; a write may be done all the same.</param>
    Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new();

    /// <summary>
    /// Executes requests together: what goes to one region is one message to it, and what is answered at the same time is
    /// told at the same time. Each is refused, done and answered by itself, and in no certain order. Returns at once.
    /// </summary>
    void Execute(IReadOnlyList<RawCall> calls);
}
