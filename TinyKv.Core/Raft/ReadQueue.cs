namespace TinyKv.Core.Raft;

/// <summary>
/// Reads that wait until a round of heartbeats, sent after they arrived, proves that their leader still led
/// then (thesis, section 6.4). Reads that share a round are confirmed together.
/// </summary>
internal sealed class ReadQueue
{
    private readonly Queue<(ReadGrant Read, long Round)> _waiting = new();
    private long _newest;

    /// <summary>The round that the oldest waiting read needs, or null.</summary>
    public long? OldestRound => _waiting.TryPeek(out var oldest) ? oldest.Round : null;

    /// <summary>A read that round <paramref name="round"/> or a later one confirms.</summary>
    public void Add(ReadGrant read, long round)
    {
        Invariant.Holds(round >= _newest, $"a read for round {round} behind one for round {_newest}");
        _newest = round;
        _waiting.Enqueue((read, round));
    }

    /// <summary>
    /// Takes out the reads that <paramref name="round"/> confirms, in the order of their arrival.
    /// </summary>
    public IEnumerable<ReadGrant> TakeConfirmed(long round)
    {
        while (_waiting.TryPeek(out var oldest) && oldest.Round <= round)
        {
            _waiting.Dequeue();
            yield return oldest.Read;
        }
    }
}
