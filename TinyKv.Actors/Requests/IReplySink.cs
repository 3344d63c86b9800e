using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>Takes the replies to requests that came together.</summary>
public interface IReplySink
{
    /// <summary>
    /// Takes replies that were ready at the same time. Called from any thread, one of the store's own actors among them: it
    /// must neither block nor throw.
    /// </summary>
    /// <param name="replies">For each call one reply, and no other ever. Only valid during the call.</param>
    void Reply(IReadOnlyList<(RawCall Call, IRawReply Reply)> replies);
}
