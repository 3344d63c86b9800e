using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A member's journal on a disk with a delayed sync. Writes become durable in the order in which they were
/// made; a crash keeps what is durable and, as real disks do, perhaps some of the oldest writes that nobody
/// was told about.
/// </summary>
internal sealed class Journal(LogPosition truncated)
{
    private readonly List<RaftRecord> _durable = [];
    private readonly Queue<RaftRecord> _pending = new();

    /// <summary>What a restart replays.</summary>
    public IReadOnlyList<RaftRecord> Durable => _durable;

    /// <summary>The log on the disk.</summary>
    public LogCopy Log { get; } = new(truncated);

    /// <summary>The term on the disk.</summary>
    public long Term { get; private set; } = truncated.Term;

    /// <summary>The vote on the disk.</summary>
    public PeerId Vote { get; private set; }

    /// <summary>How many records were ever written in this life of the member.</summary>
    public long Written => Synced + _pending.Count;

    /// <summary>How many of them are durable.</summary>
    public long Synced { get; private set; }

    /// <summary>How many are not.</summary>
    public int Pending => _pending.Count;

    /// <summary>Begins a write.</summary>
    public void Write(RaftRecord record) => _pending.Enqueue(record);

    /// <summary>Completes the oldest write.</summary>
    public void Sync()
    {
        var record = _pending.Dequeue();
        _durable.Add(record);
        Log.Override(record.Entries);
        (Term, Vote) = (record.Term, record.Vote);
        Synced++;
    }

    /// <summary>
    /// Loses every entry behind <paramref name="last"/>, as a disk does that did not write what it confirmed.
    /// </summary>
    public void Lose(long last)
    {
        for (var i = 0; i < _durable.Count; i++)
            _durable[i] = _durable[i] with { Entries = [.. _durable[i].Entries.Where(entry => entry.Index <= last)] };
        Log.Cut(last);
    }

    /// <summary>Gets back what it lost of <paramref name="full"/>.</summary>
    public void PutBack(LogCopy full)
    {
        Write(new RaftRecord(Term, Vote, full.After(Log.Last.Index)));
        Sync();
    }

    /// <summary>
    /// Keeps the oldest <paramref name="survivors"/> of the writes under way and forgets the others.
    /// </summary>
    public void Crash(int survivors)
    {
        for (var i = 0; i < survivors; i++) Sync();
        _pending.Clear();
        Synced = 0;
    }
}
