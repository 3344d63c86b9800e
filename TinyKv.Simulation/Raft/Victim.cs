using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>An honest member beside a hostile one: what it is told may be false, what it does itself must be right.</summary>
internal sealed class Victim(PeerId id, InitialState initial, RaftOptions options, Random random, Action<RaftEnvelope> send)
{
    private readonly List<RaftRecord> _disk = [];
    private RaftCheckpoint? _checkpoint; // what is before them on the disk
    private readonly Queue<Effects> _writing = new();
    private long _applied = initial.Truncated.Index;
    private (long Term, long Commit) _known;
    private long _maxTerm;

    public PeerId Id => id;

    public RaftCore Core { get; private set; } = null!;

    /// <summary>The commands that were applied.</summary>
    public HashSet<string> Commands { get; } = [];

    /// <summary>Begins, or starts over with what the disk has.</summary>
    public void Start()
    {
        _writing.Clear();
        Core = new RaftCore(id, _checkpoint?.Initial ?? initial, options, new Random(random.Next()));
        if (_checkpoint is not null) Core.Replay(_checkpoint.Record);
        foreach (var record in _disk) Core.Replay(record);
        _known = default;
        _maxTerm = Core.Term + RaftLimits.MaxTermStep;
        Perform(Core.Start(_applied));
    }

    /// <summary>Time passes.</summary>
    public void Tick()
    {
        _maxTerm += RaftLimits.TermsPerTick(options);
        Do(core => core.Tick());
    }

    public Effects Do(Func<RaftCore, Effects> input)
    {
        _maxTerm++; // it may campaign itself
        var effects = input(Core);
        Perform(effects);
        return effects;
    }

    /// <summary>The oldest writes complete, and what waited for them leaves.</summary>
    public void CompleteWrites(int count)
    {
        while (_writing.TryPeek(out var oldest) && (oldest is { Store: null, Checkpoint: null } || count-- > 0))
        {
            _writing.Dequeue();
            if (oldest.Store is { } record) _disk.Add(record);
            foreach (var envelope in oldest.SendDurable) send(envelope);
            if (oldest.Store is not null) Perform(Core.Stored());
            if (oldest.Checkpoint is { } checkpoint) Store(checkpoint);
        }
    }

    private void Store(RaftCheckpoint checkpoint)
    {
        _disk.Clear();
        _checkpoint = checkpoint;
        Perform(Core.Checkpointed());
    }

    private void Perform(Effects effects)
    {
        foreach (var envelope in effects.SendNow) send(envelope);
        if (effects is not { Store: null, Checkpoint: null, SendDurable.IsEmpty: true }) _writing.Enqueue(effects);
        foreach (var entry in effects.Apply)
        {
            Judge.Holds(Rule.AppliedInOrder, entry.Index == _applied + 1, $"{id} applies {entry.Position} after {_applied}");
            _applied = entry.Index;
            Commands.Add(Convert.ToHexString(entry.Data.Span));
            Core.Applied(_applied);
        }
        var now = (Core.Term, Core.Commit);
        Judge.Holds(Rule.NothingGoesBack, now.Term >= _known.Term && now.Commit >= _known.Commit,
            $"{id} went from {_known} back to {now}");
        Judge.Holds(Rule.TermsAreBounded, now.Term <= _maxTerm, $"{id} was driven to term {now.Term}, beyond {_maxTerm}");
        Judge.Holds(Rule.LogMatching, Core.Commit <= Core.Last.Index && Core.Last.Term <= Core.Term,
            $"{id} is in term {Core.Term}, has {Core.Last} and committed {Core.Commit}");
        _known = now;
        if (effects.SyncEngine) Perform(Core.EngineSynced(_applied));
    }
}
