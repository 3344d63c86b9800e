using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Serialization;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Persistence;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Raft;

namespace TinyKv.Simulation.Nodes;

/// <summary>The journal plugin of a simulated store: events as bytes on a <see cref="SimDisk"/>.</summary>
public sealed class SimJournal : AsyncWriteJournal
{
    private readonly Process _process;

    /// <summary>Called by Akka.Persistence with the plugin's section.</summary>
    public SimJournal(Config config) => _process = World.Current.ProcessOf(config.GetInt("process"));

    private SimDisk Disk => _process.Machine.Disk;

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        var write = new JournalWrite(Disk.FileOf(writes[0].PersistenceId), [.. writes.Select(
            atomic => ((IEnumerable<IPersistentRepresentation>)atomic.Payload).Select(Encode).ToList())]);
        foreach (var stored in write.Events) World.Current.Trace.Mix(Digest.Of(stored.Bytes));
        Disk.Begin(_process, write);
        return write.Result;
    }

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(
        string persistenceId, long toSequenceNr, CancellationToken cancellationToken)
    {
        var deletion = new JournalDeletion(Disk.FileOf(persistenceId), toSequenceNr);
        Disk.Begin(_process, deletion);
        return deletion.Result;
    }

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Read(persistenceId, file => file.Highest);

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        Read(persistenceId, file =>
        {
            var checkpoint = file.Events.FindLastIndex(e => e.Meaning is RaftCheckpoint);
            World.Current.Marks.HitIf(checkpoint >= 0, NodeMark.CheckpointReplayed);
            World.Current.Marks.HitIf(checkpoint > 0, NodeMark.CheckpointReplayedWithOlderEvents);
            foreach (var stored in file.Events.Where(e => e.Number >= fromSequenceNr && e.Number <= toSequenceNr))
                recoveryCallback(Decode(persistenceId, stored));
            return toSequenceNr;
        });

    private Task<long> Read(string persistenceId, Func<JournalFile, long> read)
    {
        var result = new TaskCompletionSource<long>();
        Disk.Read(_process, persistenceId, failure =>
        {
            if (failure is null) result.SetResult(read(Disk.FileOf(persistenceId)));
            else result.SetException(failure);
        });
        return result.Task;
    }

    private StoredEvent Encode(IPersistentRepresentation message)
    {
        var serializer = _process.System.Serialization.FindSerializerFor(message.Payload);
        return new StoredEvent(message.SequenceNr, serializer.ToBinary(message.Payload), serializer.Identifier,
            Serialization.ManifestFor(serializer, message.Payload), message.Payload);
    }

    private Persistent Decode(string persistenceId, StoredEvent stored) => new(
        _process.System.Serialization.Deserialize(stored.Bytes, stored.Serializer, stored.Manifest),
        stored.Number, persistenceId, "", false, ActorRefs.NoSender);
}

/// <summary>An event as it is on the disk, and what it means to those who judge the disk.</summary>
internal sealed record StoredEvent(long Number, byte[] Bytes, int Serializer, string Manifest, object Meaning);

/// <summary>The events of one actor on the disk.</summary>
internal sealed class JournalFile(string id, SimDisk disk)
{
    private (StoredEvent[] Events, DurableLog Log)? _full; // before its end was lost

    /// <summary>The actor's persistence id.</summary>
    public string Id => id;

    /// <summary>The region whose log it is.</summary>
    public RegionId Region => PeerJournalId.Parse(id)!.Value.Region;

    /// <summary>The replica whose log it is.</summary>
    public PeerId Peer => PeerJournalId.Parse(id)!.Value.Peer;

    /// <summary>The events, ascending.</summary>
    public List<StoredEvent> Events { get; } = [];

    /// <summary>The highest number that was ever stored.</summary>
    public long Highest { get; set; }

    /// <summary>What the events mean.</summary>
    public DurableLog Log { get; private set; } = new();

    /// <summary>What is on the disk, or comes back to it before anybody may speak: one that has lost all ends at once.</summary>
    public DurableLog Kept => Events.Count == 0 && _full is { } full ? full.Log : Log;

    /// <summary>Whether it lost entries that nothing replaced yet.</summary>
    public bool HasGap => _full is { } full && (Events.Count == 0 || (full.Log.Last.Index > Log.Last.Index
        && full.Log.TermAt(Log.Last.Index) == Log.TermAt(Log.Last.Index)));

    /// <summary>An event has reached the disk.</summary>
    public void Add(StoredEvent stored)
    {
        if (stored.Meaning is RaftCheckpoint checkpoint) disk.Judge(this, checkpoint);
        Events.Add(stored);
        Highest = stored.Number;
        Log.Add(stored.Meaning);
    }

    /// <summary>Loses every entry behind <paramref name="last"/>; terms and votes stay.</summary>
    public void Lose(long last)
    {
        if (!HasGap) _full = ([.. Events], Log);
        for (var i = 0; i < Events.Count; i++)
        {
            if (Events[i].Meaning is not RaftRecord record) continue;
            var left = record with { Entries = [.. record.Entries.Where(entry => entry.Index <= last)] };
            Events[i] = Events[i] with { Bytes = RaftWire.Encode(left), Meaning = left };
        }
        Log = LogOf(Events);
    }

    /// <summary>Loses everything, as if it had never been.</summary>
    public void LoseAll()
    {
        if (!HasGap) _full = ([.. Events], Log);
        Events.Clear();
        (Highest, Log) = (0, new DurableLog());
    }

    /// <summary>Gets back what it has lost; what was written since then stays.</summary>
    public void PutBack()
    {
        if (!HasGap || _full is not { } full) return;
        Events.RemoveAll(stored => stored.Number <= full.Events[^1].Number);
        Events.InsertRange(0, full.Events);
        (Highest, Log) = (Events[^1].Number, LogOf(Events));
    }

    /// <summary>The same events.</summary>
    public JournalFile Copy(SimDisk to)
    {
        var copy = new JournalFile(id, to) { Highest = Highest };
        copy.Events.AddRange(Events);
        copy.Log = LogOf(Events);
        return copy;
    }

    private static DurableLog LogOf(IEnumerable<StoredEvent> events)
    {
        var log = new DurableLog();
        foreach (var stored in events) log.Add(stored.Meaning);
        return log;
    }
}

/// <summary>Events on their way to the disk, in groups of which all or none arrive.</summary>
internal sealed class JournalWrite(JournalFile file, List<List<StoredEvent>> groups)
{
    private readonly TaskCompletionSource<IImmutableList<Exception>> _result = new();

    /// <summary>Where they go.</summary>
    public JournalFile File => file;

    /// <summary>The events.</summary>
    public IEnumerable<StoredEvent> Events => groups.SelectMany(group => group);

    /// <summary>How many groups.</summary>
    public int Groups => groups.Count;

    /// <summary>For Akka.</summary>
    public Task<IImmutableList<Exception>> Result => _result.Task;

    /// <summary>Whether it replaces entries that are on the disk.</summary>
    public bool Truncates => Records.Any(record => record.Entries[0].Index <= file.Log.Last.Index);

    /// <summary>Whether it holds a checkpoint.</summary>
    public bool HasCheckpoint => Events.Any(stored => stored.Meaning is RaftCheckpoint);

    /// <summary>Whether entries share a record.</summary>
    public bool HasManyEntries => Records.Any(record => record.Entries.Length > 1);

    /// <summary>Whether writes share an entry.</summary>
    public bool HasGroups => Records.SelectMany(record => record.Entries).Any(entry =>
        CommandCodec.IsWrite(entry.Data) && CommandCodec.Decode(entry.Data) is WriteGroup { Writes.Count: > 1 });

    private IEnumerable<RaftRecord> Records =>
        Events.Select(stored => stored.Meaning).OfType<RaftRecord>().Where(record => !record.Entries.IsEmpty);

    /// <summary>Everything is on the disk.</summary>
    public void Store() => Store(groups.Count);

    /// <summary>The first <paramref name="count"/> groups are on the disk.</summary>
    public void Store(int count)
    {
        foreach (var stored in groups.Take(count).SelectMany(group => group))
            file.Add(stored);
    }

    /// <summary>The journal says that they are on the disk.</summary>
    public void Succeed() => _result.SetResult(null!);

    /// <summary>The journal says that it does not know.</summary>
    public void Fail(Exception reason) => _result.SetException(reason);

    /// <summary>The journal says that it will not have them.</summary>
    public void Reject(Exception reason) =>
        _result.SetResult(ImmutableList.CreateRange(Enumerable.Repeat(reason, groups.Count)));

    /// <inheritdoc/>
    public override string ToString() => $"{file.Id} {string.Join(", ", Events.Select(stored => Show(stored.Meaning)))}";

    private static string Show(object meaning) => meaning switch
    {
        RaftRecord record =>
            $"term {record.Term} vote {record.Vote.Value} [{string.Join(' ', record.Entries.Select(entry => entry.Position))}]",
        RaftCheckpoint checkpoint => $"checkpoint after {checkpoint.Initial.Truncated}, {Show(checkpoint.Record)}",
        _ => "initial state",
    };
}

/// <summary>A deletion of the oldest events on its way to the disk.</summary>
internal sealed class JournalDeletion(JournalFile file, long to)
{
    private readonly TaskCompletionSource _result = new();

    /// <summary>For Akka.</summary>
    public Task Result => _result.Task;

    /// <summary>How many events it deletes.</summary>
    public int Count => file.Events.Count(stored => stored.Number <= to);

    /// <summary>The oldest events are gone.</summary>
    public void Delete(int count) => file.Events.RemoveRange(0, count);

    /// <summary>The journal says that they are.</summary>
    public void Succeed() => _result.SetResult();

    /// <summary>The journal says that it does not know.</summary>
    public void Fail(Exception reason) => _result.SetException(reason);

    /// <inheritdoc/>
    public override string ToString() => $"{file.Id} without what is before {to + 1}";
}
