using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// The list of the entries applied so far. It becomes durable at its own pace, behind the journal: a crash
/// takes it back to some state between the last flush and the last apply.
/// </summary>
internal sealed class StateMachine(long first)
{
    private readonly Queue<Entry> _waiting = new();

    /// <summary>The last entry that was handed over, applied or not.</summary>
    public long Received { get; private set; } = first;

    /// <summary>The last applied entry.</summary>
    public long Applied { get; private set; } = first;

    /// <summary>The last entry whose effect survives a crash for certain.</summary>
    public long Flushed { get; private set; } = first;

    /// <summary>How many entries wait to be applied.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Takes over the next entry.</summary>
    public void Receive(Entry entry)
    {
        _waiting.Enqueue(entry);
        Received = entry.Index;
    }

    /// <summary>Applies the oldest entry that waits.</summary>
    public Entry Apply()
    {
        var entry = _waiting.Dequeue();
        Applied = entry.Index;
        return entry;
    }

    /// <summary>Makes everything up to <paramref name="index"/> durable.</summary>
    public void Flush(long index) => Flushed = Math.Max(Flushed, index);

    /// <summary>Holds a snapshot for good.</summary>
    public void Install(long index)
    {
        _waiting.Clear();
        Received = Applied = Flushed = index;
    }

    /// <summary>Goes back to <paramref name="survived"/>.</summary>
    public void Crash(long survived)
    {
        _waiting.Clear();
        Received = Applied = Flushed = survived;
    }
}
