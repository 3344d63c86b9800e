using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Snapshots;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What is left of a store when its process ends: the journal as far as it was synced, and the engine as it was at
/// some moment since it was last flushed. Both can be slow, and can fail.
/// </summary>
internal sealed class SimDisk(World world, Machine machine)
{
    private readonly Random _random = world.NewRandom();
    private readonly SortedDictionary<string, JournalFile> _files = new(StringComparer.Ordinal);
    private readonly List<JournalWrite> _underWay = [];
    private readonly List<JournalDeletion> _deletions = [];
    private readonly List<Action<Exception?>> _reads = [];
    private readonly List<EngineVersion> _versions = [EngineVersion.Empty];
    private StoreRecord? _recordUnderWay;
    private long _stalledUntil;
    private int _failures;

    /// <summary>What the data directory says of the store; null for an empty one.</summary>
    public StoreRecord? Record { get; private set; }

    /// <summary>What the next operations on the journal are to end with; set by the faults.</summary>
    public JournalFault NextFault { get; set; }

    /// <summary>Whether the sync of this journal has failed; until the process ends nothing is written any more.</summary>
    public bool SyncFailed { get; private set; }

    /// <summary>Whether the engine refuses to write, until the process ends.</summary>
    public bool EngineFailed { get; private set; }

    /// <summary>Whether a write is on its way to the journal.</summary>
    public bool IsWriting => _underWay.Count > 0;

    /// <summary>The newest version of the engine.</summary>
    public EngineVersion Engine => _versions[^1];

    /// <summary>What the journal holds of the log of a region's replica here.</summary>
    public DurableLog? LogOf(RegionId region) => FileOf(region)?.Log;

    /// <summary>The same, or what comes back to it if it has lost all.</summary>
    public DurableLog? KeptLogOf(RegionId region) => FileOf(region)?.Kept;

    /// <summary>Whether entries are missing that it had confirmed.</summary>
    public bool HasGap => _files.Values.Any(file => file.HasGap);

    /// <summary>
    /// Loses the end of a log that it had confirmed, and what the engine has of it; while no process runs.
    /// </summary>
    /// <param name="region">Whose log.</param>
    /// <param name="first">The first entry that may be lost.</param>
    /// <returns>Whether anything was lost: an engine that was flushed does not go back.</returns>
    public bool LoseTail(RegionId region, long first)
    {
        if (FileOf(region) is not { } file) return false;
        first = Math.Max(first, _versions[0].Applied(region) + 1);
        if (first > file.Log.Last.Index) return false;
        var last = _random.NextInt64(first - 1, file.Log.Last.Index);
        world.Trace.Add($"{world.Clock} {machine.Name} loses {last + 1} to {file.Log.Last} of {region}");
        file.Lose(last);
        _versions.RemoveAll(version => version.Applied(region) > last);
        return true;
    }

    /// <summary>Loses the whole log of a region that the engine knows to be there; while no process runs.</summary>
    /// <returns>Whether there was one.</returns>
    public bool LoseJournal(RegionId region)
    {
        if (FileOf(region) is not { } file
            || _versions[0].Catalog.Find(region) is not { State: RegionState.Normal, JournalBorn: true }) return false;
        world.Trace.Add($"{world.Clock} {machine.Name} loses the journal of {region}");
        file.LoseAll();
        return true;
    }

    /// <summary>Somebody puts back what was lost.</summary>
    public void PutBackTail()
    {
        if (Record is { Lost.Length: > 0 } record) Record = record with { Lost = "" };
        foreach (var file in _files.Values) file.PutBack();
    }

    /// <summary>The journal of one actor.</summary>
    public JournalFile FileOf(string persistenceId)
    {
        if (!_files.TryGetValue(persistenceId, out var file))
            _files[persistenceId] = file = new JournalFile(persistenceId, this);
        return file;
    }

    /// <summary>Whether nothing is left of a replica's journal.</summary>
    public bool IsErased(RegionId region, PeerId peer) => FileOf(region, peer) is not { Events.Count: > 0 };

    // Of the replica that the engine knows, or that was removed last.
    private JournalFile? FileOf(RegionId region) => Engine.Catalog.Find(region) is not { } record ? null
        : FileOf(region, record.Region.PeerOn(machine.Store)?.Id ?? record.Former);

    private JournalFile? FileOf(RegionId region, PeerId peer) =>
        _files.Values.FirstOrDefault(file => file.Region == region && file.Peer == peer);

    /// <summary>What is on it now, on a disk of its own.</summary>
    public SimDisk Copy()
    {
        var copy = new SimDisk(world, machine) { Record = Record };
        copy._versions[0] = Engine;
        foreach (var (id, file) in _files) copy._files[id] = file.Copy(copy);
        return copy;
    }

    /// <summary>Nothing completes for a while.</summary>
    public void Stall(TimeSpan duration)
    {
        world.Trace.Add($"{world.Clock} {machine.Name} disk stalls for {(long)duration.TotalMilliseconds} ms");
        _stalledUntil = world.Now + duration.Ticks;
    }

    /// <summary>The engine fails from now on. A program that could not even start would be started again, and that is all.
    /// </summary>
    public void FailEngine() => EngineFailed = machine.Process is not null;

    /// <summary>In the middle of a snapshot that it takes in, where it fails in this seed at all.</summary>
    public void MayFailEngine()
    {
        if (machine.Process is null || !world.Cluster.MayFailEngines || !_random.Percent(30)) return;
        world.Marks.Hit(NodeMark.InstallationInterrupted);
        FailEngine();
    }

    /// <summary>Whatever was to go wrong does not.</summary>
    public void Calm() => (NextFault, EngineFailed) = (JournalFault.None, false);

    /// <summary>Everything that the engine holds is on the disk from now on.</summary>
    public void Flush() => _versions.RemoveRange(0, _versions.Count - 1);

    /// <summary>Snapshots that arrive; what is whole is on the disk.</summary>
    public MemoryStaging Staging { get; } = new();

    /// <summary>Opens the engine.</summary>
    public IEngine OpenEngine() => new SimEngine(world, machine);

    /// <summary>What the data directory says, which is made when there is none.</summary>
    public StoreRecord Make(ImmutableArray<StoreId> initial) =>
        Record ??= new StoreRecord { Directory = new DirectoryId(Draw()), Initial = initial };

    /// <summary>A start of the store: counted, in a directory that is made when there is none.</summary>
    public StoreRecord Start(ImmutableArray<StoreId> initial, int replicas) =>
        Record = Make(initial).Start(Draw(), initial, replicas);

    /// <summary>The store has joined a cluster, of which it knows this.</summary>
    public void Join(StoreRecord record) => Record = record;

    /// <summary>Makes durable what a store knows of the others; <paramref name="done"/> when its process still lives.</summary>
    public void Save(Process process, StoreRecord record, Action<Exception?> done)
    {
        world.Cluster.Rules.Knows(machine, record);
        _recordUnderWay = record;
        After(process, Latency(), () =>
        {
            (Record, _recordUnderWay) = (record, null);
            done(null);
        });
    }

    /// <summary>The engine holds something new.</summary>
    public void Add(EngineVersion version) => _versions.Add(version);

    /// <summary>Begins a write; it completes, or fails, when <paramref name="process"/> still lives.</summary>
    public void Begin(Process process, JournalWrite write)
    {
        if (SyncFailed)
        {
            After(process, Latency(), () => write.Fail(new DiskFaultException("the journal has failed")));
            return;
        }
        world.Marks.Hit(NodeMark.RecordsWritten);
        world.Marks.HitIf(write.Events.Skip(1).Any(), NodeMark.RecordsAtOnce);
        world.Marks.HitIf(write.Truncates, NodeMark.LogTruncated);
        world.Marks.HitIf(write.HasManyEntries, NodeMark.EntriesAtOnce);
        world.Marks.HitIf(write.HasGroups, NodeMark.WritesShareEntry);
        _underWay.Add(write);
        After(process, Latency(), () => Complete(process, write));
    }

    /// <summary>Begins a deletion; it completes when <paramref name="process"/> still lives.</summary>
    public void Begin(Process process, JournalDeletion deletion)
    {
        _deletions.Add(deletion);
        After(process, Latency(), () =>
        {
            _deletions.Remove(deletion);
            if (SyncFailed)
            {
                deletion.Fail(new DiskFaultException("the journal has failed"));
                return;
            }
            deletion.Delete(deletion.Count);
            world.Trace.Add($"{world.Clock} {machine.Name} disk has {deletion}");
            world.Marks.Hit(NodeMark.LogCompacted);
            deletion.Succeed();
        });
    }

    /// <summary>Judges a checkpoint that reaches a journal of this disk.</summary>
    public void Judge(JournalFile file, RaftCheckpoint checkpoint) =>
        world.Cluster.Rules.Checkpointed(machine, file, checkpoint, _versions[0].Applied(file.Region));

    /// <summary>Reads, after the writes of the same actor that are under way.</summary>
    public void Read(Process process, string persistenceId, Action<Exception?> read)
    {
        _reads.Add(read);
        Try();

        void Try() => After(process, Latency(), () =>
        {
            if (_underWay.Exists(write => write.File.Id == persistenceId))
            {
                Try();
                return;
            }
            _reads.Remove(read);
            read(TakeFault(JournalFault.ReadFails) ? new DiskFaultException("a read") : null);
        });
    }

    /// <summary>The process is gone: writes under way may have reached the disk or not.</summary>
    public void Crash(bool keepsPower)
    {
        var ended = new DiskFaultException("the process has ended");
        if (_recordUnderWay is { } record && _random.Percent(50)) Record = record;
        _recordUnderWay = null;
        foreach (var write in _underWay)
        {
            var kept = SyncFailed ? 0 : _random.Next(write.Groups + 1);
            world.Marks.Hit(kept == 0 ? NodeMark.CrashLostRecords : NodeMark.CrashKeptUnreportedRecords);
            world.Trace.Add($"{world.Clock} {machine.Name} {write} was under way; {kept} of {write.Groups} groups are kept");
            world.Marks.HitIf(write.HasCheckpoint && kept < write.Groups, NodeMark.CrashLostCheckpoint);
            write.Store(kept);
            write.Fail(ended);
        }
        foreach (var deletion in _deletions)
        {
            // In some journals it is a statement of its own for each of many rows.
            deletion.Delete(_random.Next(deletion.Count + 1));
            world.Marks.Hit(NodeMark.DeletionCutShort);
            deletion.Fail(ended);
        }
        // Nobody hears it any more; but Akka's timers would keep the process in memory.
        foreach (var read in _reads) read(ended);
        _reads.Clear();
        _underWay.Clear();
        _deletions.Clear();
        (NextFault, SyncFailed, EngineFailed, _stalledUntil) = (JournalFault.None, false, false, 0);
        if (keepsPower) return;
        // What an engine writes without a sync comes to the disk in order, some time.
        var left = _random.Next(_versions.Count);
        world.Marks.HitIf(left < _versions.Count - 1, NodeMark.EngineRolledBack);
        _versions.RemoveRange(left + 1, _versions.Count - left - 1);
        world.Trace.Add($"{world.Clock} {machine.Name} engine is back at {Engine}");
    }

    private void Complete(Process process, JournalWrite write)
    {
        if (_stalledUntil > world.Now)
        {
            world.Marks.Hit(NodeMark.JournalStalled);
            After(process, new TimeSpan(_stalledUntil - world.Now) + Latency(), () => Complete(process, write));
            return;
        }
        _underWay.Remove(write);
        var fault = NextFault == JournalFault.ReadFails ? JournalFault.None : NextFault;
        if (fault == JournalFault.None)
        {
            write.Store();
            world.Trace.Add($"{world.Clock} {machine.Name} disk has {write}");
            write.Succeed();
            return;
        }
        NextFault = JournalFault.None;
        world.Trace.Add($"{world.Clock} {machine.Name} {write}: {fault}");
        End(process, write, fault);
    }

    private void End(Process process, JournalWrite write, JournalFault fault)
    {
        switch (fault)
        {
            case JournalFault.WriteFails:
                world.Marks.Hit(NodeMark.JournalWriteFailed);
                write.Fail(new DiskFaultException($"write {++_failures}"));
                break;
            case JournalFault.WriteFailsButIsKept:
                world.Marks.Hit(NodeMark.JournalWriteFailedButKept);
                write.Store();
                write.Fail(new DiskFaultException($"write {++_failures}, which is kept"));
                break;
            case JournalFault.WriteIsRejected:
                world.Marks.Hit(NodeMark.JournalWriteRejected);
                write.Reject(new DiskFaultException($"rejection {++_failures}"));
                break;
            default:
                world.Marks.Hit(NodeMark.JournalSyncFailed);
                SyncFailed = true;
                process.System.EventStream.Publish(
                    new TinyKv.Persistence.JournalFailed("simulated", new DiskFaultException("a sync")));
                write.Fail(new DiskFaultException("a sync"));
                break;
        }
    }

    private bool TakeFault(JournalFault fault)
    {
        if (NextFault != fault) return false;
        NextFault = JournalFault.None;
        world.Marks.Hit(NodeMark.JournalReadFailed);
        return true;
    }

    private ulong Draw() => (ulong)_random.NextInt64(1, long.MaxValue);

    private void After(Process process, TimeSpan delay, Action action) => world.After(delay, action, process);

    private TimeSpan Latency()
    {
        var (shortest, longest) = world.Cluster.Plan.DiskLatency;
        return new TimeSpan(_random.NextInt64(shortest.Ticks, longest.Ticks + 1));
    }
}

/// <summary>How the next operation on a journal ends.</summary>
internal enum JournalFault
{
    /// <summary>Well.</summary>
    None,

    /// <summary>Nothing is stored.</summary>
    WriteFails,

    /// <summary>Everything is stored, and a failure is reported.</summary>
    WriteFailsButIsKept,

    /// <summary>The journal refuses an event.</summary>
    WriteIsRejected,

    /// <summary>The journal cannot be read now.</summary>
    ReadFails,

    /// <summary>The disk fails for good, as far as this process can know.</summary>
    SyncFails,
}
