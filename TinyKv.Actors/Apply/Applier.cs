using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol;

namespace TinyKv.Actors.Apply;

/// <summary>
/// The state machine of one region. Committed entries come in batches; each is applied together with the applied
/// index in one write of the engine, so that a restart continues exactly where it was. The writes are not synced: the
/// Raft log is the durable copy. An engine that fails ends the store: skipping an entry would be divergence. An entry that
/// cannot be read stops this state machine alone, where it stands, after every restart again.
/// </summary>
internal abstract class Applier(IEngine engine) : UntypedActor
{
    // Entries of one write are held in memory twice; a long catch-up is cut into several.
    private const int MaxBytesPerWrite = 4 * 1024 * 1024;

    private readonly PendingProposals _pending = new();
    private readonly PriorityQueue<ServeReads, long> _reads = new();
    private ApplyMetrics _metrics = null!;
    private long _applied;
    private Unreadable? _unreadable;

    /// <summary>The region, as of what is applied.</summary>
    protected abstract Region Region { get; }

    /// <summary>For the subclasses.</summary>
    protected ILoggingAdapter Log { get; } = Context.GetLogger();

    /// <inheritdoc/>
    protected override void PreStart()
    {
        using var snapshot = engine.Snapshot();
        _applied = Load(snapshot);
        _metrics = new ApplyMetrics(Region.Id);
        Context.Parent.Tell(new Described(Region, _applied));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TrackProposals track:
                _pending.Add(track.Proposals);
                if (_unreadable is not null) ForgetAll();
                break;
            case ForgetOutcomes: ForgetAll(); break;
            case ApplyEntries committed: Apply(committed.Entries); break;
            case ServeReads reads: Serve(reads); break;
            case Describe: Sender.Tell(new Described(Region, _applied)); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Reads the state; returns the applied index.</summary>
    protected abstract long Load(ISnapshot snapshot);

    /// <summary>Applies a command: its writes go into the turn's batch, its answer is returned.</summary>
    /// <exception cref="MalformedMessageException">It is no command; nothing was written.</exception>
    protected abstract object Execute(Entry command, ApplyTurn turn);

    /// <summary>Puts what a restart needs into the batch.</summary>
    protected abstract void Save(long applied, IWriteBatch batch);

    /// <summary>What a reader is told, from the state as it is now.</summary>
    protected abstract object Answer(long term);

    private void Apply(ImmutableArray<Entry> entries)
    {
        for (var next = 0; next < entries.Length && _unreadable is null;) next = ApplyPart(entries, next);
        if (_unreadable is not null) Stop(_unreadable);
        Sender.Tell(new EntriesApplied(_applied));
        while (_reads.TryPeek(out var reads, out var index) && index <= _applied)
        {
            _reads.Dequeue();
            AnswerAll(reads);
        }
    }

    // Answers leave only after the engine took the batch.
    private int ApplyPart(ImmutableArray<Entry> entries, int first)
    {
        var started = Stopwatch.GetTimestamp();
        using var turn = new ApplyTurn(engine, batch => Save(_applied, batch));
        var answers = new List<(IActorRef Asker, object Answer)>();
        var displaced = new List<IActorRef>();
        var (next, bytes) = (first, 0L);
        while (next < entries.Length && (next == first || bytes + entries[next].Data.Length <= MaxBytesPerWrite))
        {
            var entry = entries[next++];
            Invariant.Holds(entry.Index == _applied + 1, $"{Region.Id}: entry {entry.Position} follows {_applied}");
            bytes += entry.Data.Length;
            if (TryExecute(entry, turn) is not { } answer) break;
            if (_pending.Take(entry.Position, displaced) is { } asker)
            {
                answers.Add((asker, answer));
                bytes += (answer as ConditionOutcome)?.Previous?.Length ?? 0;
            }
            _applied = entry.Index;
        }
        turn.Write();
        _metrics.Applied(next - first, started);
        foreach (var (asker, answer) in answers) asker.Tell(answer);
        // Another leader's entries are committed in their places: these never will be, and may be asked for again.
        foreach (var asker in displaced) asker.Tell(new RegionError.NotLeader(Region.Id, null));
        return next;
    }

    /// <summary>The command's answer; null when it cannot be read.</summary>
    private object? TryExecute(Entry entry, ApplyTurn turn)
    {
        try
        {
            return entry.Kind == EntryKind.Command ? Execute(entry, turn) : entry;
        }
        catch (MalformedMessageException e)
        {
            _unreadable = new Unreadable(entry.Position, e.Message);
            return null;
        }
    }

    private void Stop(Unreadable unreadable)
    {
        Context.Parent.Tell(unreadable);
        ForgetAll();
        while (_reads.TryDequeue(out var reads, out _)) Refuse(reads);
    }

    // Whatever they asked for may be in the log.
    private void ForgetAll()
    {
        foreach (var asker in _pending.TakeAll()) asker.Tell(new RegionError.StaleCommand());
    }

    private void Refuse(ServeReads reads)
    {
        foreach (var asker in reads.Askers) asker.Tell(new RegionError.RegionStopped(Region.Id, $"{_unreadable}"));
    }

    private void Serve(ServeReads reads)
    {
        if (_unreadable is not null) Refuse(reads);
        else if (reads.Index <= _applied) AnswerAll(reads);
        else _reads.Enqueue(reads, reads.Index);
    }

    private void AnswerAll(ServeReads reads)
    {
        var answer = Answer(reads.Term);
        foreach (var asker in reads.Askers) asker.Tell(answer);
    }
}
