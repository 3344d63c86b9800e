using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>What a member shows of itself.</summary>
internal readonly record struct View(RoleKind Role, long Term, PeerId Leader, long Commit)
{
    /// <summary>Whether the member leads.</summary>
    public bool Leads => Role == RoleKind.Leader;
}

/// <summary>
/// Hosts one core exactly as <see cref="Effects"/> asks, and no better: whatever the contract leaves open,
/// such as how long a write takes, is the cluster's seeded choice. A crash between handing over a record and
/// sending is the same as a crash with that record not durable and those messages lost, so steps of a host
/// need not be cut in two.
/// </summary>
internal sealed class Node(Cluster cluster, Peer peer)
{
    private readonly Queue<(long After, RaftEnvelope Envelope)> _waiting = new();
    private RaftCore? _core;
    private LogCopy? _full; // the log before its end was lost
    private long? _syncing; // what was applied when the engine was asked to sync
    private long? _removedAt; // the entry that removes it
    private long? _beforeSnapshot; // what the engine held before the snapshot whose checkpoint is not durable yet

    /// <summary>The member's number.</summary>
    public PeerId Id => peer.Id;

    /// <summary>Whether it has applied that it is a member no more, and has ended for ever.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>Whether the member runs.</summary>
    public bool IsUp => _core is not null;

    /// <summary>The running core.</summary>
    public RaftCore Core => _core ?? throw new InvalidOperationException($"{Id} is down");

    /// <summary>Whether the member runs and leads.</summary>
    public bool Leads => _core is { Role: RoleKind.Leader };

    /// <summary>Ticks since the simulation began, also those while the member was down.</summary>
    public long Clock { get; private set; } = cluster.Nodes.Select(node => node.Clock).DefaultIfEmpty().Min();

    /// <summary>The step up to which the member stands still.</summary>
    public long PausedUntil { get; set; }

    /// <summary>The step up to which its disk completes nothing.</summary>
    public long StalledUntil { get; set; }

    /// <summary>The disk.</summary>
    public Journal Journal { get; } = new(cluster.Plan.Initial, index => cluster.Invariants.Commits.Through(index));

    /// <summary>The log in memory: on the disk, or handed to it.</summary>
    public LogCopy Log { get; private set; } = new(cluster.Plan.Truncated, cluster.Plan.Initial.Configuration);

    /// <summary>What entries are applied to.</summary>
    public StateMachine Machine { get; } = new(cluster.Plan.Truncated.Index);

    /// <summary>Whether the disk lost entries that nothing replaced yet.</summary>
    public bool HasGap => _full is { } full && full.Last != Journal.Log.Last && full.Contains(Journal.Log.Last);

    /// <summary>Whether the disk ever lost entries.</summary>
    public bool EverLost => _full is not null;

    /// <summary>Whether the core has said that the member must end.</summary>
    public bool MustEnd { get; private set; }

    /// <summary>What the core shows now.</summary>
    public View View => new(Core.Role, Core.Term, Core.Leader, Core.Commit);

    /// <summary>Begins a life from what the disk holds.</summary>
    public void Start()
    {
        var seed = cluster.Random.Next();
        _core = Journal.Replay(initial => new RaftCore(Id, initial, cluster.Plan.Options, new Random(seed)));
        cluster.Marks.HitIf(Journal.BeforeCheckpoint >= 0, Mark.CheckpointReplayed);
        cluster.Marks.HitIf(Journal.BeforeCheckpoint > 0, Mark.CheckpointReplayedWithOlderEvents);
        Log = Journal.Log.Clone();
        Judge.Holds(Rule.DurablePromises, _core.Term == Journal.Term && _core.Last == Log.Last,
            $"{Id} replayed to term {_core.Term}, {_core.Last}; its disk says {Journal.Term}, {Log.Last}");
        Feed(core => core.Start(Machine.Applied), View with { Commit = Machine.Applied });
    }

    /// <summary>
    /// Ends a life; what remains is on the disks, and on them it is partly a matter of luck.
    /// </summary>
    public void Crash()
    {
        var marks = cluster.Marks;
        var survivors = cluster.Random.Next(Journal.Pending + 1);
        marks.Hit(Mark.Crashed);
        marks.HitIf(survivors < Journal.Pending, Mark.CrashLostRecords);
        marks.HitIf(survivors > 0, Mark.CrashKeptUnreportedRecords);
        marks.HitIf(_waiting.Count > 0, Mark.CrashLostPromises);
        marks.HitIf(Journal.AwaitsCheckpoint, Mark.CrashLostCheckpoint);
        var applied = cluster.Random.NextInt64(Machine.Flushed, Machine.Applied + 1);
        marks.HitIf(applied < Machine.Received, Mark.RestartAppliedAgain);
        cluster.Trace.Add($"{Id} crashes: {survivors} of {Journal.Pending} records stay, applied {applied}");
        Journal.Crash(survivors);
        cluster.Invariants.AfterCrash(this);
        Machine.Crash(applied);
        if (_beforeSnapshot is { } before && Machine.Applied > Journal.Log.Last.Index)
        {
            Machine.Crash(before); // a host that finds half a snapshot discards it
            marks.Hit(Mark.CrashLostSnapshot);
        }
        _beforeSnapshot = null;
        cluster.Snapshots.Forget(this);
        _waiting.Clear();
        (_core, _syncing) = (null, null);
        MustEnd = false;
        PausedUntil = StalledUntil = 0;
        cluster.Clients.Forget(this);
        if (cluster.Random.Percent(50)) cluster.Network.LoseFrom(Id);
    }

    /// <summary>The disk of a member that is down loses every entry behind <paramref name="last"/>.</summary>
    public void LoseTail(long last)
    {
        cluster.Trace.Add($"{Id} loses {last + 1}..{Journal.Log.Last}");
        cluster.Marks.Hit(Mark.TailLost);
        if (!HasGap) _full = Journal.Log.Clone();
        Journal.Lose(last);
        Machine.Crash(Math.Min(Machine.Applied, last));
    }

    /// <summary>Somebody puts back what the disk of a member that is down has lost.</summary>
    public void PutBackTail()
    {
        if (!HasGap || _full is not { } full) return;
        cluster.Trace.Add($"{Id} gets {Journal.Log.Last.Index + 1}..{full.Last} back");
        Journal.PutBack(full);
    }

    /// <summary>The clock ticks, also while the member is down.</summary>
    public void Tick()
    {
        Clock++;
        if (!IsUp) return;
        Feed(core => core.Tick(), View);
    }

    /// <summary>A message arrives.</summary>
    public void Receive(Packet packet)
    {
        var before = View;
        cluster.Marks.HitIf(packet.Envelope.Term < before.Term, Mark.MessageFromPastTerm);
        var refused = Feed(core => core.Step(packet.Envelope), before).Refused;
        Judge.Holds(Rule.HonestAreBelieved, refused is null, $"{Id} refuses what an honest member said: {refused?.Reason}");
        cluster.Invariants.Reads.Heard(this, packet);
        cluster.Invariants.Losses.Heard(this, packet.Envelope);
        ElectionRules.AfterMessage(this, before, packet.Envelope.Message);
        cluster.Invariants.Commits.AfterMessage(this, packet.Envelope.Message);
    }

    /// <summary>The oldest write completes, and what waited for it leaves.</summary>
    public void CompleteWrite()
    {
        if (Journal.Sync() is RaftCheckpoint)
        {
            Checkpointed();
            return;
        }
        cluster.Trace.Add($"{Id} disk: term {Journal.Term} vote {Journal.Vote} last {Journal.Log.Last}");
        cluster.Invariants.Elections.Recorded(this);
        SendWhatIsDurable();
        Feed(core => core.Stored(), View);
    }

    /// <summary>A snapshot is in the engine.</summary>
    public void Install(LogPosition position, Configuration members)
    {
        cluster.Trace.Add($"{Id} installs a snapshot at {position} in place of {Log.Last}");
        cluster.Marks.Hit(Mark.SnapshotInstalled);
        cluster.Marks.HitIf(Machine.Applied == cluster.Plan.Truncated.Index && !cluster.Plan.Initial.Configuration.Members
            .Any(member => member.Id == Id), Mark.LearnerBeganWithASnapshot);
        var before = View;
        cluster.Clients.Forget(this); // what became of their proposals, nothing here says any more
        _beforeSnapshot ??= Machine.Flushed;
        _syncing = null;
        Machine.Install(position.Index);
        Log.Replace(cluster.Invariants.Commits.Through(position.Index));
        Feed(core => core.Installed(position, members), before);
    }

    /// <summary>Whether the core waits for a sync of the engine.</summary>
    public bool AwaitsSync => _syncing is not null;

    /// <summary>The engine is synced, if that was asked for.</summary>
    public void SyncEngine()
    {
        if (_syncing is not { } applied) return;
        _syncing = null;
        Machine.Flush(applied);
        cluster.Trace.Add($"{Id} engine is synced up to {applied}");
        Feed(core => core.EngineSynced(applied), View);
    }

    /// <summary>The state machine applies the oldest entry that waits.</summary>
    public void ApplyOne()
    {
        var entry = Machine.Apply();
        cluster.Clients.Applied(this, entry);
        Core.Applied(entry.Index);
        if (entry.Index == _removedAt) End();
    }

    private void End()
    {
        cluster.Trace.Add($"{Id} is a member no more and ends");
        cluster.Marks.Hit(Mark.RemovedMemberEnded);
        Crash();
        IsRemoved = true;
    }

    /// <summary>Gives the core an input and does what it asks for.</summary>
    public Effects Feed(Func<RaftCore, Effects> input, View before)
    {
        var effects = input(Core);
        if (effects.Store is { } record) Store(before, record);
        if (effects.Checkpoint is { } checkpoint) Store(checkpoint);
        if (effects.SyncEngine) AskForSync();
        foreach (var envelope in effects.SendNow)
        {
            LossRules.Promising(this, envelope);
            Leave(envelope);
        }
        foreach (var envelope in effects.SendDurable) Promise(envelope);
        SendWhatIsDurable();
        cluster.Invariants.AfterInput(this, before, effects);
        if (effects.Removed) _removedAt = effects.Apply.Last(entry => entry.Kind == EntryKind.Configuration).Index;
        foreach (var entry in effects.Apply) Machine.Receive(entry);
        foreach (var report in effects.DataLoss) Take(report);
        if (effects.FetchSnapshot is { } offer) cluster.Snapshots.Fetch(this, offer);
        MixIn(effects);
        return effects;
    }

    private void Take(DataLossReport report)
    {
        cluster.Trace.Add($"{Id} says {report}");
        cluster.Invariants.Losses.Reported(this, report);
        MustEnd |= report.Stage == DataLossStage.Confirmed;
    }

    private void Store(View before, RaftRecord record)
    {
        cluster.Invariants.Logs.Storing(this, before, record);
        cluster.Invariants.Members.Storing(this, before, record);
        Journal.Write(record);
        Log.Override(record.Entries);
        cluster.Trace.Add($"{Id} stores term {record.Term} vote {record.Vote} {Show(record.Entries)}");
    }

    private void AskForSync()
    {
        cluster.Marks.Hit(Mark.EngineSyncAsked);
        _syncing = Machine.Applied;
    }

    private void Store(RaftCheckpoint checkpoint)
    {
        cluster.Trace.Add($"{Id} stores a checkpoint after {checkpoint.Initial.Truncated} {Show(checkpoint.Record.Entries)}");
        cluster.Invariants.Compactions.Storing(this, checkpoint);
        Journal.Write(checkpoint);
    }

    // Of the events before it some may be left: whoever deletes them may be ended in the middle of it.
    private void Checkpointed()
    {
        cluster.Trace.Add($"{Id} disk: a checkpoint");
        Journal.Delete(cluster.Random.Next(Journal.BeforeCheckpoint + 1));
        if (Journal.Log.Last.Index >= Machine.Flushed) _beforeSnapshot = null;
        var effects = Feed(core => core.Checkpointed(), View);
        cluster.Marks.HitIf(effects.SendDurable.Any(sent => sent.Message is RaftMessage.Appended), Mark.SnapshotAcknowledged);
        cluster.Marks.Hit(Mark.LogCompacted);
    }

    private void Promise(RaftEnvelope envelope)
    {
        cluster.Invariants.Elections.Granting(this, envelope);
        LossRules.Promising(this, envelope);
        _waiting.Enqueue((Journal.Written, envelope));
    }

    private void SendWhatIsDurable()
    {
        while (_waiting.TryPeek(out var next) && next.After <= Journal.Synced)
        {
            _waiting.Dequeue();
            Leave(next.Envelope);
        }
    }

    private void Leave(RaftEnvelope envelope)
    {
        cluster.Trace.Add($"{Id} → {envelope.To} term {envelope.Term} {Show(envelope.Message)}");
        cluster.Invariants.Promises.Leaving(this, envelope);
        cluster.Network.Send(new Packet(envelope, cluster.StepNumber, Clock));
    }

    private void MixIn(Effects effects)
    {
        var trace = cluster.Trace;
        trace.Mix((long)Id.Value << 32 | (long)Core.Role << 16 | (uint)effects.SendNow.Length);
        trace.Mix(Core.Term << 32 ^ Core.Commit);
        trace.Mix(Core.Last.Term << 32 ^ Core.Last.Index);
        trace.Mix(Journal.Written << 32 ^ Journal.Synced << 16 ^ _waiting.Count);
        if (effects.Changed is { } changed)
            trace.Add($"{Id} is {changed.Role} in term {changed.Term}, leader {changed.Leader}");
        if (!effects.Apply.IsEmpty) trace.Add($"{Id} commits {Show(effects.Apply)}");
        foreach (var read in effects.Reads) trace.Add($"{Id} grants read {read.Context} at {read.Index}");
        foreach (var read in effects.ReadsDropped) trace.Add($"{Id} drops read {read}");
    }

    /// <summary>A message as the trace shows it.</summary>
    public static string Show(RaftMessage message) => message is RaftMessage.Append append
        ? $"Append after {append.Previous} {Show(append.Entries)} commit {append.Commit}"
        : message.ToString();

    private static string Show(ImmutableArray<Entry> entries) => entries.Length switch
    {
        0 => "[]",
        1 => $"[{entries[0].Position}]",
        _ => $"[{entries[0].Position}..{entries[^1].Position}]",
    };
}
