using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Tests.Golden;

/// <summary>
/// Hosts one core as the contract of <see cref="Effects"/> asks: one journal, written in order, and messages
/// that wait for it. Writing can be held up, and a crash loses what was not written.
/// </summary>
internal sealed class RaftNode(
    PeerId id, InitialState initial, RaftOptions options, RaftTrace trace, Action<RaftEnvelope> send)
{
    private readonly List<RaftRecord> _journal = [];
    private readonly List<RaftRecord> _lost = [];
    private readonly Queue<Effects> _writing = new();
    private RaftRecord? _lastShown;
    private RaftCheckpoint? _checkpoint; // what came before the journal's records
    private long? _syncing; // what was applied when the engine was asked to sync

    public PeerId Id => id;

    /// <summary>Null while the node is down.</summary>
    public RaftCore? Core { get; private set; }

    /// <summary>What the state machine got; it survives crashes, as the engine does.</summary>
    public List<Entry> Applied { get; } = [];

    /// <summary>Whether writes wait for <see cref="Release"/>.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Puts a record into the journal of a node that did not start yet.</summary>
    public void Preset(RaftRecord record) => _journal.Add(record);

    public void Start()
    {
        Core = new RaftCore(id, _checkpoint?.Initial ?? initial, options, new StaggeredTimeouts(id));
        if (_checkpoint is not null) Core.Replay(_checkpoint.Record);
        foreach (var record in _journal) Core.Replay(record);
        _lastShown = _journal.LastOrDefault() ?? _checkpoint?.Record;
        Do(core => core.Start(Applied.Count));
    }

    public void Crash()
    {
        Core = null;
        _syncing = null;
        _writing.Clear();
    }

    /// <summary>The sync that the engine was asked for is done.</summary>
    public void SyncEngine()
    {
        if (_syncing is not { } applied) throw new FormatException($"{id} has not asked for a sync");
        _syncing = null;
        Do(core => core.EngineSynced(applied));
    }

    /// <summary>Loses the end of the journal, and what was applied of it, while the node is down.</summary>
    public void Lose(int records)
    {
        if (Core is not null) throw new FormatException($"{id} runs");
        var kept = _journal.Count - records;
        _lost.AddRange(_journal[kept..]);
        _journal.RemoveRange(kept, records);
        var last = _journal.SelectMany(record => record.Entries).Select(entry => entry.Index).LastOrDefault();
        Applied.RemoveAll(entry => entry.Index > last);
    }

    /// <summary>Puts back what the journal lost, while the node is down.</summary>
    public void Restore()
    {
        if (Core is not null) throw new FormatException($"{id} runs");
        _journal.AddRange(_lost);
        _lost.Clear();
    }

    /// <summary>Gives the core an input, and does what it wants done.</summary>
    public void Do(Func<RaftCore, Effects> input)
    {
        if (Core is null) throw new FormatException($"{id} is down");
        Perform(input(Core));
        Release(IsHeld ? 0 : int.MaxValue);
    }

    /// <summary>Writes the oldest records, and sends what waits for no other.</summary>
    public void Release(int records)
    {
        while (_writing.TryPeek(out var oldest) && (oldest is { Store: null, Checkpoint: null } || records-- > 0))
        {
            _writing.Dequeue();
            if (oldest.Store is { } record)
            {
                if (IsHeld) trace.Line($"{id} has stored {RaftTrace.Of(record, _journal.LastOrDefault())}");
                _journal.Add(record);
            }

            foreach (var envelope in oldest.SendDurable) send(envelope);
            if (oldest.Store is not null) Perform(Core!.Stored());
            if (oldest.Checkpoint is { } checkpoint) Stored(checkpoint);
        }
    }

    private void Stored(RaftCheckpoint checkpoint)
    {
        _journal.Clear();
        _checkpoint = checkpoint;
        var effects = Core!.Checkpointed();
        trace.Line($"{id} has compacted what is before {Core.FirstIndex}");
        Perform(effects);
    }

    /// <summary>The engine is pinned for another, as it is.</summary>
    public Snapshot Pin(PeerId to)
    {
        Core!.SnapshotPinned(to, Applied.Count);
        return new Snapshot([.. Applied], Core.ConfigurationAt(Applied.Count));
    }

    /// <summary>The engine holds what another has pinned, if that brings it on.</summary>
    public void Install(Snapshot snapshot)
    {
        if (!Core!.CanInstall(snapshot.Entries[^1].Position))
        {
            trace.Line($"{id} has no use for a snapshot at {snapshot.Entries[^1].Position}");
            return;
        }
        Applied.Clear();
        Applied.AddRange(snapshot.Entries);
        Do(core => core.Installed(snapshot.Entries[^1].Position, snapshot.Members));
    }

    /// <summary>What an engine holds, and the members as of there.</summary>
    internal sealed record Snapshot(IReadOnlyList<Entry> Entries, Configuration Members);

    private void Perform(Effects effects)
    {
        if (effects.Refused is { } refused) trace.Line($"{id} refuses what {refused.From} says: {refused.Reason}");
        if (effects.Changed is { } change) trace.Line(RaftTrace.Of(change, id));
        if (effects.Configuration is { } members) trace.Line($"{id} has the members {RaftTrace.Of(members)}");
        foreach (var report in effects.DataLoss) trace.Line(RaftTrace.Of(report, id));
        if (effects.FetchSnapshot is { } offer) trace.Line($"{id} wants a snapshot of {offer.From} at {offer.AtLeast} or later");
        if (effects.Store is { } record)
        {
            trace.Line($"{id} stores {RaftTrace.Of(record, _lastShown)}{(IsHeld ? " (held)" : "")}");
            _lastShown = record;
        }

        if (effects.SyncEngine)
        {
            _syncing = Applied.Count;
            trace.Line($"{id} wants {Applied.Count} synced in the engine");
        }

        if (effects.Checkpoint is { } checkpoint)
            trace.Line($"{id} stores {RaftTrace.Of(checkpoint)}{(IsHeld ? " (held)" : "")}");

        foreach (var envelope in effects.SendNow) send(envelope);
        if (effects is not { Store: null, Checkpoint: null, SendDurable.IsEmpty: true }) _writing.Enqueue(effects);
        foreach (var read in effects.Reads) trace.Line($"{id} grants read {read.Context} at {read.Index}");
        foreach (var context in effects.ReadsDropped) trace.Line($"{id} drops read {context}");
        if (effects.Apply.IsEmpty) return;

        trace.Line($"{id} applies {RaftTrace.Of(effects.Apply)}");
        if (effects.Removed) trace.Line($"{id} is a member no more");
        Applied.AddRange(effects.Apply);
        Core!.Applied(effects.Apply[^1].Index);
    }

    /// <summary>Timeouts that a reader can count: n1 waits E ticks, n2 E + 1, n3 E + 2 ...</summary>
    private sealed class StaggeredTimeouts(PeerId id) : Random
    {
        public override int Next(int minValue, int maxValue) =>
            minValue + (int)((id.Value - 1) % (ulong)(maxValue - minValue));
    }
}
