using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>Replies that are ready at the same time: each sink gets its own in one go.</summary>
internal sealed class Replies(int capacity)
{
    private readonly List<(RawCall Call, IRawReply Reply)> _replies = new(capacity);

    /// <summary>Adds a reply, unless the call has one.</summary>
    public void Add(RawCall call, IRawReply reply)
    {
        if (call.TryEnd()) _replies.Add((call, reply));
    }

    /// <summary>Gives them to their sinks.</summary>
    public void Tell()
    {
        for (int first = 0, next; first < _replies.Count; first = next)
        {
            var sink = _replies[first].Call.Sink;
            for (next = first + 1; next < _replies.Count && _replies[next].Call.Sink == sink;) next++;
            sink.Reply(next - first == _replies.Count ? _replies : _replies[first..next]);
        }
    }
}
