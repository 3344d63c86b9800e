using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>What the journal does with the writes that arrive.</summary>
internal enum GateMode
{
    /// <summary>Stores them.</summary>
    Open,

    /// <summary>Keeps them waiting until <see cref="JournalGate.Open"/>.</summary>
    Held,

    /// <summary>Fails them, as a full disk does.</summary>
    Failing,

    /// <summary>Refuses them, as a serializer does.</summary>
    Rejecting,
}

/// <summary>The disk behind a <see cref="GatedJournal"/>, in the hands of a test; outlives the actors.</summary>
internal sealed class JournalGate : IDisposable
{
    private static readonly ConcurrentDictionary<string, JournalGate> Gates = new();

    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly Lock _lock = new();
    private readonly List<IPersistentRepresentation> _stored = [];
    private readonly Queue<(List<IPersistentRepresentation> Events, TaskCompletionSource<bool> Stored)> _held = new();
    private readonly Channel<ImmutableArray<object>> _arrived = Channel.CreateUnbounded<ImmutableArray<object>>();
    private GateMode _mode;

    public JournalGate() => Gates[_id] = this;

    public Config Config => ConfigurationFactory.ParseString($$"""
        akka.loglevel = WARNING
        akka.persistence.journal.plugin = akka.persistence.journal.gated
        akka.persistence.journal.gated {
          class = "TinyKv.Tests.Actors.Raft.GatedJournal, TinyKv.Tests"
          gate = "{{_id}}"
          circuit-breaker { max-failures = 1000, call-timeout = 1h, reset-timeout = 1ms }
        }
        akka.persistence.snapshot-store.plugin = akka.persistence.no-snapshot-store
        """);

    public GateMode Mode
    {
        set { lock (_lock) _mode = value; }
    }

    public ImmutableArray<object> Stored
    {
        get { lock (_lock) return [.. _stored.Select(stored => stored.Payload)]; }
    }

    /// <summary>Puts an event there that nobody has written.</summary>
    public void Preload(string persistenceId, object @event)
    {
        lock (_lock) _stored.Add(new Persistent(@event, _stored.Count + 1, persistenceId));
    }

    public static JournalGate Find(string id) => Gates[id];

    /// <summary>The events of the next write that has arrived.</summary>
    public async Task<ImmutableArray<object>> ArrivedAsync() => await _arrived.Reader.ReadAsync(Node.Timeouts.Long);

    /// <summary>Lets the held writes through, and all that follow.</summary>
    public void Open() => Release(store: true);

    /// <summary>Refuses the held writes, and lets through all that follow.</summary>
    public void RejectHeld() => Release(store: false);

    private void Release(bool store)
    {
        lock (_lock)
        {
            _mode = GateMode.Open;
            while (_held.TryDequeue(out var write))
            {
                if (store) _stored.AddRange(write.Events);
                write.Stored.SetResult(store);
            }
        }
    }

    public async Task<IImmutableList<Exception>?> WriteAsync(List<AtomicWrite> writes)
    {
        if (writes.Count == 0) return null;
        var events = writes.SelectMany(write => (IEnumerable<IPersistentRepresentation>)write.Payload).ToList();
        var isStored = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _arrived.Writer.TryWrite([.. events.Select(@event => @event.Payload)]);
            if (_mode == GateMode.Failing) throw new IOException("the disk is full");
            if (_mode == GateMode.Rejecting) return Rejections(writes);
            if (_mode == GateMode.Held)
            {
                _held.Enqueue((events, isStored));
            }
            else
            {
                _stored.AddRange(events);
                isStored.SetResult(true);
            }
        }
        return await isStored.Task ? null : Rejections(writes);
    }

    private static ImmutableList<Exception> Rejections(List<AtomicWrite> writes) =>
        [.. writes.Select(_ => new InvalidOperationException("no serializer"))];

    public List<IPersistentRepresentation> Read(string persistenceId)
    {
        lock (_lock) return [.. _stored.Where(stored => stored.PersistenceId == persistenceId)];
    }

    /// <summary>Whether deletions fail.</summary>
    public bool CannotDelete { get; set; }

    public Task DeleteAsync(string persistenceId, long to)
    {
        if (CannotDelete) return Task.FromException(new IOException("the disk does not like it"));
        lock (_lock) _stored.RemoveAll(stored => stored.PersistenceId == persistenceId && stored.SequenceNr <= to);
        return Task.CompletedTask;
    }

    public void Dispose() => Gates.TryRemove(_id, out _);
}

/// <summary>A journal that a test opens and shuts.</summary>
public sealed class GatedJournal(Config config) : AsyncWriteJournal
{
    private readonly JournalGate _gate = JournalGate.Find(config.GetString("gate"));

    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Task.FromResult(_gate.Read(persistenceId).LastOrDefault()?.SequenceNr ?? 0);

    public override Task ReplayMessagesAsync(
        Akka.Actor.IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var stored in _gate.Read(persistenceId)) recoveryCallback(stored);
        return Task.CompletedTask;
    }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) => _gate.WriteAsync([.. messages])!;

    protected override Task DeleteMessagesToAsync(
        string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _gate.DeleteAsync(persistenceId, toSequenceNr);
}
