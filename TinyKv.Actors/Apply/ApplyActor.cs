using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
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
internal sealed partial class ApplyActor(IEngine engine, ApplySpec spec) : UntypedActor
{
    // Entries of one write are held in memory twice; a long catch-up is cut into several.
    private const int MaxBytesPerWrite = 4 * 1024 * 1024;

    private readonly PendingProposals _pending = new();
    private readonly PriorityQueue<ServeReads, long> _reads = new();
    private readonly List<AppliedCommand> _commands = [];
    private readonly List<(IActorRef Asker, object Answer)> _answered = [];
    private readonly List<IActorRef> _displaced = [];
    private readonly Answers _answers = new();
    private IStateMachine _machine = null!;
    private RegionRecord _record = null!;
    private LogPosition _applied;
    private long _bytes; // of the entries of one write, and of their answers
    private LogPosition? _snapshot; // that the journal does not begin behind yet
    private Unreadable? _unreadable;

    /// <summary>What makes the actor.</summary>
    public static Props Props(IEngine engine, ApplySpec spec) => Akka.Actor.Props.Create(() => new ApplyActor(engine, spec));

    private Region Region => _machine.Region;

    private Described Description => new(_record, _applied) { Snapshot = _snapshot };

    /// <inheritdoc/>
    protected override void PreStart()
    {
        using var snapshot = engine.Snapshot();
        _record = spec.Record;
        _machine = spec.Machine(_record.Region, snapshot);
        _applied = MetaRecords.AppliedOf(snapshot, Region.Id);
        _snapshot = MetaRecords.ReadSnapshot(snapshot, Region.Id);
        Context.Parent.Tell(Description);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TrackProposals track:
                _pending.Add(track.Proposals);
                if (_unreadable is not null || IsRemoved) ForgetAll();
                break;
            case ForgetOutcomes: ForgetAll(); break;
            case ApplyEntries committed: Apply(committed.Entries); break;
            case ServeReads reads: Serve(reads); break;
            case Describe: Sender.Tell(Description); break;
            case JournalBorn: NoteBirth(); break;
            case TakeView: Sender.Tell(View()); break;
            case InstallSnapshot install: Install(install); break;
            case SnapshotJournaled: FinishSnapshot(); break;
            case ReplicaRemoved removed: Remove(removed.ConfVer); break;
            default: Unhandled(message); break;
        }
    }

    private void Apply(ImmutableArray<Entry> entries)
    {
        for (var next = 0; next < entries.Length && _unreadable is null && !IsRemoved;) next = ApplyPart(entries, next);
        if (_unreadable is not null) Stop(_unreadable);
        Sender.Tell(new EntriesApplied(_applied.Index));
        AnswerDue();
    }

    // Answers leave only after the engine took the batch.
    private int ApplyPart(ImmutableArray<Entry> entries, int first)
    {
        var started = Stopwatch.GetTimestamp();
        using var turn = new ApplyTurn(engine, Save);
        var next = first;
        _bytes = 0;
        while (next < entries.Length && (next == first || _bytes + entries[next].Data.Length <= MaxBytesPerWrite))
        {
            var entry = entries[next++];
            Invariant.Holds(entry.Index == _applied.Index + 1, $"{Region.Id}: entry {entry.Position} follows {_applied}");
            _bytes += entry.Data.Length;
            if (!TryApply(entry, turn)) break;
            _applied = entry.Position;
            // What comes behind may be applied to other keys, or to none.
            if (entry.Kind == EntryKind.Configuration || _split is not null) break;
        }
        turn.Write();
        Observe(next - first, Stopwatch.GetElapsedTime(started));
        // Whoever asked for a change may look for it.
        TellChange();
        AnswerApplied();
        return next;
    }

    private void AnswerApplied()
    {
        foreach (var (asker, answer) in _answered) _answers.Tell(asker, answer);
        // Another leader's entries are committed in their places: these never will be, and may be asked for again.
        foreach (var asker in _displaced) _answers.Tell(asker, new RegionError.NotLeader(Region.Id, null));
        _answered.Clear();
        _displaced.Clear();
        _answers.Deliver();
    }

    private bool TryApply(Entry entry, ApplyTurn turn)
    {
        if (entry.Kind != EntryKind.Command)
        {
            if (entry.Kind == EntryKind.Configuration) _machine.Apply(ConfigurationCodec.Decode(entry.Data.Span));
            Answer(entry.Position, entry);
            return true;
        }
        try
        {
            var command = CommandCodec.Decode(entry.Data);
            if (command is not WriteGroup group) return TryApply(entry, command, turn);
            foreach (var write in group.Writes)
                if (!TryApply(entry, write, turn)) return false;
            return true;
        }
        catch (MalformedMessageException e)
        {
            _unreadable = new Unreadable(entry.Position, e.Message);
            return false;
        }
    }

    private bool TryApply(Entry entry, Command command, ApplyTurn turn)
    {
        if (_machine.Apply(command, entry.Term, turn) is not { } applied)
        {
            _unreadable = new Unreadable(entry.Position, $"{command.GetType().Name} is no command for {Region.Id}");
            return false;
        }
        turn.Add(applied.Writes, Region);
        _split = applied.Reply as RegionSplit;
        _commands.Add(new AppliedCommand(entry.Position, command, applied));
        Answer(entry.Position, applied.Reply);
        return true;
    }

    private void Answer(LogPosition position, object answer)
    {
        if (_pending.Take(position, _displaced) is not { } asker) return;
        _answered.Add((asker, answer));
        _bytes += (answer as ConditionOutcome)?.Previous?.Length ?? 0;
    }

    // What a restart needs.
    private void Save(IWriteBatch batch)
    {
        if (_record.Region != Region) Change(_record.Changed(Region, spec.Store), batch);
        if (_split is { Child: var child }) Make(child, batch);
        MetaRecords.WriteApplied(batch, Region.Id, _applied);
    }

    // Synced: what it forbids must be known after a loss of power, too.
    private void NoteBirth()
    {
        if (!_record.JournalBorn)
        {
            using var batch = engine.NewBatch();
            MetaRecords.Write(batch, _record = _record with { JournalBorn = true });
            engine.Write(batch, sync: true);
        }
        Context.Parent.Tell(new RegionCreated(Region.Id));
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
        End();
    }

    // Nothing is applied any more.
    private void End()
    {
        ForgetAll();
        while (_reads.TryDequeue(out var reads, out _)) Refuse(reads);
    }

    // Whatever they asked for may be in the log.
    private void ForgetAll()
    {
        foreach (var asker in _pending.TakeAll()) _answers.Tell(asker, new RegionError.StaleCommand());
        _answers.Deliver();
    }

    private void Refuse(ServeReads reads)
    {
        foreach (var asker in reads.Askers) _answers.Tell(asker, Gone);
        _answers.Deliver();
    }

    private void Serve(ServeReads reads)
    {
        if (_unreadable is not null || IsRemoved)
        {
            Refuse(reads);
            return;
        }
        _reads.Enqueue(reads, reads.Index);
        AnswerDue();
    }

    // One view for all of them: nothing is applied meanwhile.
    private void AnswerDue()
    {
        ReadView? view = null;
        while (_reads.TryPeek(out var reads, out var index) && index <= _applied.Index)
        {
            _reads.Dequeue();
            var answer = _machine.Read(reads.Term);
            if (answer is Readable readable) answer = view ??= new ReadView(readable.Region, engine.Snapshot());
            foreach (var asker in reads.Askers)
            {
                (answer as ReadView)?.Acquire();
                _answers.Tell(asker, answer);
            }
        }
        view?.Release();
        _answers.Deliver();
    }
}

/// <summary>What a region's entries are applied to, and who sees it.</summary>
internal sealed record ApplySpec
{
    /// <summary>This store.</summary>
    public required StoreId Store { get; init; }

    /// <summary>What the engine says of the region.</summary>
    public required RegionRecord Record { get; init; }

    /// <summary>Makes the state machine, from the region as of what is applied and from what the engine holds.</summary>
    public required Func<Region, ISnapshot, IStateMachine> Machine { get; init; }

    /// <summary>Puts snapshots in the place of what the engine holds of the region.</summary>
    public SnapshotInstaller? Installer { get; init; }

    /// <summary>Told of every batch, in this order.</summary>
    public ImmutableArray<IApplyObserver> Observers { get; init; } = [];
}
