namespace TinyKv.Core.Raft;

/// <summary>
/// How much of the log is on stable storage, while writes are under way. A write that completes proves only
/// what no later truncation took back: the same index, even the same entry, may have been overwritten in the
/// meantime by a write that is still under way.
/// </summary>
internal sealed class Durability
{
    // One element per record under way: up to which index it will prove the log durable. Few, so a list does.
    private readonly List<long> _writes = [];

    /// <summary>The log is durable up to this index.</summary>
    public long Index { get; private set; }

    /// <summary>Whether a record is under way.</summary>
    public bool IsWriting => _writes.Count > 0;

    /// <summary>All of the log up to <paramref name="index"/> was read from stable storage.</summary>
    public void Recovered(long index) => Index = index;

    /// <summary>A record left for the journal.</summary>
    /// <param name="last">Its last entry's index; 0 when it has no entries.</param>
    public void Begin(long last) => _writes.Add(last);

    /// <summary>The oldest record under way is durable.</summary>
    public void Complete()
    {
        Invariant.Holds(IsWriting, $"a record was reported durable that was never handed out");
        Index = Math.Max(Index, _writes[0]);
        _writes.RemoveAt(0);
    }

    /// <summary>
    /// The entries from <paramref name="index"/> on are replaced; writes under way prove nothing about them.
    /// </summary>
    public void Truncate(long index)
    {
        Index = Math.Min(Index, index - 1);
        for (var i = 0; i < _writes.Count; i++) _writes[i] = Math.Min(_writes[i], index - 1);
    }
}
