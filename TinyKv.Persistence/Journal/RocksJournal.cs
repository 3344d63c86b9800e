using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Journal;
using RocksDbSharp;
using TinyKv.Core;

namespace TinyKv.Persistence.Journal;

/// <summary>
/// The Akka.Persistence journal on RocksDB, <c>akka.persistence.journal.tinykv-rocksdb</c>: one writer
/// thread, one sync for all the writes that wait for it. A write is acknowledged when it is on disk.
/// </summary>
/// <remarks>
/// Events are serialized on the journal's actor: an event that cannot be is rejected, with the other events
/// of its atomic write and nothing else. A failure of the disk fails all writes from then on, see
/// <see cref="JournalFailed"/>.
/// </remarks>
public sealed class RocksJournal : AsyncWriteJournal
{
    /// <summary>The name of the plugin.</summary>
    internal const string Plugin = "akka.persistence.journal.tinykv-rocksdb";

    private readonly string _directory;
    private readonly EventStream _events;
    private readonly EventCodec _codec;
    private readonly RocksLog _log;
    private readonly GroupCommit _commits;
    private readonly ReaderThreads _readers;
    private readonly DiskFaults? _faults;
    private readonly ClosingJournals? _closing;
    private volatile bool _failed;

    /// <summary>Opens the journal; called by Akka.Persistence with the plugin's section.</summary>
    public RocksJournal(Config config)
    {
        var settings = Section.Over(config, Plugin);
        _directory = settings.OptionalText("directory");
        _events = Context.System.EventStream;
        _faults = Context.System.Settings.Setup.Get<DiskFaults>().GetOrElse(null!);
        _closing = Context.System.Settings.Setup.Get<ClosingJournals>().GetOrElse(null!);
        _codec = new EventCodec(Context.System.Serialization);
        var sync = Syncs(settings);
        if (!sync)
            Context.GetLogger().Warning(
                "unsafe-no-sync is on: a power failure loses acknowledged writes in {Directory}", _directory);
        try
        {
            if (_directory.Length == 0)
                throw settings.Invalid("directory", "must name a directory");
            _log = RocksLog.Open(_directory, sync);
        }
        catch (TinyKvException e)
        {
            ReportFailure(e);
            throw;
        }
        _commits = new GroupCommit(_log, Write, ReportFailure);
        _readers = new ReaderThreads();
        _log.WhenFailed(_commits.Fail);
    }

    /// <summary>Whether the plugin's settings have every write synced before it is acknowledged.</summary>
    /// <exception cref="SettingException">They do not say.</exception>
    internal static bool Syncs(Section plugin) => plugin.Word("unsafe-no-sync", "on", "off") == "off";

    /// <inheritdoc/>
    protected override void PostStop()
    {
        var closing = BlockingCall.Start(Close);
        _closing?.Add(closing);
        closing.Wait(BlockingCall.CloseTimeout);
        base.PostStop();
    }

    private void Close()
    {
        // A writer may wait for a full disk to get room.
        if (_failed) _log.GiveUp();
        _commits.Dispose();
        _readers.Dispose();
        _log.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>Not cancelled once it is queued: it will be written, and has to be reported as what it
    /// is.</remarks>
    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var events = new List<LoggedEvent>();
        var results = ImmutableList.CreateBuilder<Exception>();
        var persistenceId = "";
        foreach (var write in messages)
        {
            persistenceId = write.PersistenceId;
            results.Add(TryEncode(write, events)!);
        }
        if (events.Count > 0) await _commits.Enqueue(new CommitRequest.Append(persistenceId, events));
        // By Akka's contract a null stands for "not rejected", for one write as for all.
        return results.Exists(result => result is not null) ? results.ToImmutable() : null!;
    }

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(
        string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _commits.Enqueue(new CommitRequest.Delete(persistenceId, toSequenceNr));

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Read(_ => _log.Highest(persistenceId));

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        Read(cancellation =>
        {
            _log.Read(
                persistenceId, fromSequenceNr, toSequenceNr, max,
                (number, value) => recoveryCallback(_codec.Decode(persistenceId, number, value)),
                cancellation);
            return toSequenceNr;
        });

    // An actor that was restarted in the middle of a write must see it: reads wait for all writes queued
    // before.
    private async Task<long> Read(Func<CancellationToken, long> read)
    {
        await _commits.Enqueue(new CommitRequest.Barrier());
        return await _readers.Run(read);
    }

    private Exception? TryEncode(AtomicWrite write, List<LoggedEvent> events)
    {
        var before = events.Count;
        try
        {
            foreach (var message in (IEnumerable<IPersistentRepresentation>)write.Payload)
            {
                var key = JournalKeys.Event(message.PersistenceId, message.SequenceNr);
                events.Add(new LoggedEvent(message.SequenceNr, key, _codec.Encode(message)));
            }
            return null;
        }
        catch (Exception e)
        {
            events.RemoveRange(before, events.Count - before);
            return e;
        }
    }

    private void Write(WriteBatch batch)
    {
        _faults?.BeforeWrite();
        _log.Write(batch);
    }

    private void ReportFailure(Exception cause)
    {
        _failed = true;
        _events.Publish(new JournalFailed($"rocksdb in {_directory}", cause));
    }
}
