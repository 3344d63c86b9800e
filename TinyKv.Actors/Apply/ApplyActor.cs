using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;

namespace TinyKv.Actors.Apply;

/// <summary>
/// Hosts the state machine of one region: a KV actor, for a region with data. Committed entries come in batches; each is
/// applied together with the applied index in one write of the engine, so that a restart continues exactly where it was.
/// The writes are not synced: the Raft log is the durable copy. An engine that fails ends the store: skipping an entry
/// would be divergence. An entry that cannot be read stops this state machine alone, where it stands, after every restart
/// again.
/// </summary>
internal sealed class ApplyActor(IEngine engine, ApplySpec spec) : UntypedActor
{
    // Entries of one write are held in memory twice; a long catch-up is cut into several.
    private const int MaxBytesPerWrite = 4 * 1024 * 1024;

    private readonly PendingProposals _pending = new();
    private readonly PriorityQueue<ServeReads, long> _reads = new();
    private readonly List<AppliedCommand> _commands = [];
    private IStateMachine _machine = null!;
    private Region? _saved;
    private long _applied;
    private Unreadable? _unreadable;

    /// <summary>What makes the actor.</summary>
    public static Props Props(IEngine engine, ApplySpec spec) => Akka.Actor.Props.Create(() => new ApplyActor(engine, spec));

    private Region Region => _machine.Region;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        using var snapshot = engine.Snapshot();
        _saved = MetaRecords.ReadDescriptor(snapshot, spec.Initial.Id);
        _machine = spec.Machine(_saved ?? spec.Initial, snapshot);
        _applied = MetaRecords.ReadApplied(snapshot, spec.Initial.Id) ?? spec.InitialIndex;
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
        using var turn = new ApplyTurn(engine, Save);
        var answers = new List<(IActorRef Asker, object Answer)>();
        var displaced = new List<IActorRef>();
        var (next, bytes) = (first, 0L);
        while (next < entries.Length && (next == first || bytes + entries[next].Data.Length <= MaxBytesPerWrite))
        {
            var entry = entries[next++];
            Invariant.Holds(entry.Index == _applied + 1, $"{Region.Id}: entry {entry.Position} follows {_applied}");
            bytes += entry.Data.Length;
            if (TryApply(entry, turn) is not { } answer) break;
            if (_pending.Take(entry.Position, displaced) is { } asker)
            {
                answers.Add((asker, answer));
                bytes += (answer as ConditionOutcome)?.Previous?.Length ?? 0;
            }
            _applied = entry.Index;
        }
        turn.Write();
        Observe(next - first, Stopwatch.GetElapsedTime(started));
        foreach (var (asker, answer) in answers) asker.Tell(answer);
        // Another leader's entries are committed in their places: these never will be, and may be asked for again.
        foreach (var asker in displaced) asker.Tell(new RegionError.NotLeader(Region.Id, null));
        return next;
    }

    /// <summary>What to tell whoever asked for the entry; null when it cannot be read.</summary>
    private object? TryApply(Entry entry, ApplyTurn turn)
    {
        if (entry.Kind != EntryKind.Command) return entry;
        try
        {
            var command = CommandCodec.Decode(entry.Data);
            if (_machine.Apply(command, entry.Term, turn) is { } applied)
            {
                turn.Add(applied.Writes, Region);
                _commands.Add(new AppliedCommand(entry.Position, command, applied));
                return applied.Reply;
            }
            _unreadable = new Unreadable(entry.Position, $"{command.GetType().Name} is no command for {Region.Id}");
        }
        catch (MalformedMessageException e)
        {
            _unreadable = new Unreadable(entry.Position, e.Message);
        }
        return null;
    }

    // What a restart needs.
    private void Save(IWriteBatch batch)
    {
        if (_saved != Region) MetaRecords.WriteDescriptor(batch, Region);
        _saved = Region;
        MetaRecords.WriteApplied(batch, Region.Id, _applied);
    }

    private void Observe(int entries, TimeSpan elapsed)
    {
        var batch = new AppliedBatch(Region, entries, CollectionsMarshal.AsSpan(_commands), elapsed);
        foreach (var observer in spec.Observers) observer.OnApplied(batch);
        _commands.Clear();
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
        var answer = _machine.Read(reads.Term);
        foreach (var asker in reads.Askers) asker.Tell(answer);
    }
}

/// <summary>What a region's entries are applied to, and who sees it.</summary>
internal sealed record ApplySpec
{
    /// <summary>The region as it was created.</summary>
    public required Region Initial { get; init; }

    /// <summary>The index that it was created at.</summary>
    public required long InitialIndex { get; init; }

    /// <summary>Makes the state machine, from the region as of what is applied and from what the engine holds.</summary>
    public required Func<Region, ISnapshot, IStateMachine> Machine { get; init; }

    /// <summary>Told of every batch, in this order.</summary>
    public ImmutableArray<IApplyObserver> Observers { get; init; } = [];
}
