using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A member's journal on a disk with a delayed sync. Writes become durable in the order in which they were
/// made; a crash keeps what is durable and, as real disks do, perhaps some of the oldest writes that nobody
/// was told about.
/// </summary>
internal sealed class Journal(InitialState initial, Func<long, ImmutableArray<Entry>> committed)
{
    private readonly List<(long Number, object Event)> _durable = [(1, initial)];
    private readonly Queue<object> _pending = new();
    private long _highest = 1;

    /// <summary>The log on the disk, with what checkpoints have left out.</summary>
    public LogCopy Log { get; } = new(initial.Truncated, initial.Configuration);

    /// <summary>The term on the disk.</summary>
    public long Term { get; private set; } = initial.Truncated.Term;

    /// <summary>The vote on the disk.</summary>
    public PeerId Vote { get; private set; }

    /// <summary>How many records were ever written in this life of the member.</summary>
    public long Written => Synced + _pending.Count(pending => pending is RaftRecord);

    /// <summary>How many of them are durable.</summary>
    public long Synced { get; private set; }

    /// <summary>How many events are not.</summary>
    public int Pending => _pending.Count;

    /// <summary>Whether one of these is a checkpoint.</summary>
    public bool AwaitsCheckpoint => _pending.Any(pending => pending is RaftCheckpoint);

    /// <summary>Begins a write.</summary>
    public void Write(RaftRecord record) => _pending.Enqueue(record);

    /// <summary>Begins a write.</summary>
    public void Write(RaftCheckpoint checkpoint) => _pending.Enqueue(checkpoint);

    /// <summary>Completes the oldest write.</summary>
    public object Sync()
    {
        var @event = _pending.Dequeue();
        _durable.Add((++_highest, @event));
        if (@event is RaftCheckpoint checkpoint) Log.Replace(committed(checkpoint.Initial.Truncated.Index));
        var record = @event as RaftRecord ?? ((RaftCheckpoint)@event).Record;
        Log.Override(record.Entries);
        (Term, Vote) = (record.Term, record.Vote);
        if (@event is RaftRecord) Synced++;
        return @event;
    }

    /// <summary>Deletes the oldest <paramref name="count"/> events.</summary>
    public void Delete(int count) => _durable.RemoveRange(0, count);

    /// <summary>How many events are before the last checkpoint, with which a restart begins; -1: there is none.</summary>
    public int BeforeCheckpoint => _durable.FindLastIndex(stored => stored.Event is RaftCheckpoint);

    /// <summary>Makes a member from what is durable.</summary>
    public RaftCore Replay(Func<InitialState, RaftCore> create)
    {
        var replay = new JournalReplay(create);
        foreach (var (number, @event) in _durable)
        {
            if (@event is InitialState first) replay.Take(number, first);
            else if (@event is RaftCheckpoint checkpoint) replay.Take(number, checkpoint);
            else replay.Take(number, (RaftRecord)@event);
        }
        replay.End(_highest);
        return replay.Member!;
    }

    /// <summary>
    /// Loses every entry behind <paramref name="last"/>, as a disk does that did not write what it confirmed. Of journals
    /// without a checkpoint.
    /// </summary>
    public void Lose(long last)
    {
        for (var i = 0; i < _durable.Count; i++)
        {
            if (_durable[i].Event is not RaftRecord record) continue;
            _durable[i] = (_durable[i].Number, record with { Entries = [.. record.Entries.Where(entry => entry.Index <= last)] });
        }
        Log.Truncate(last);
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
