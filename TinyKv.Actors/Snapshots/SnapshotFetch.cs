using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Protocol;
using TinyKv.Protocol.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using SnapshotChunk = TinyKv.Core.Snapshots.SnapshotChunk;
using SnapshotCursor = TinyKv.Core.Snapshots.SnapshotCursor;
using SnapshotHeader = TinyKv.Core.Snapshots.SnapshotHeader;
using SnapshotPart = TinyKv.Protocol.Wire.Internal.SnapshotPart;

namespace TinyKv.Actors.Snapshots;

/// <summary>
/// Pulls one snapshot from another store, with a window of chunks asked for ahead. What is damaged or does not come is asked
/// for again, where it stopped; a snapshot that the other store does not keep any more is begun anew. Its parent is told
/// <see cref="SnapshotStaged"/> or <see cref="SnapshotNotFetched"/>, once.
/// </summary>
internal sealed class SnapshotFetch(SnapshotsSpec spec, FetchSnapshot request) : UntypedActor, IWithTimers
{
    // Where every answer is damaged, asking again at once would only keep both busy.
    private const int MaxDamagedInARow = 4;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SnapshotMetrics _metrics = new(spec.Self);
    private readonly Dictionary<SnapshotCursor, SnapshotChunk> _arrived = [];
    private ulong _id;
    private SnapshotHeader? _header;
    private SnapshotAssembly? _assembly; // once its keys are reserved
    private int _ahead; // how many chunks from where it is on are asked for
    private int _damaged; // answers in a row
    private long _total;
    private TimeSpan _progressed;
    private TimeSpan _heard;
    private bool _isReserved;
    private bool _isStaged;

    /// <summary>What makes the actor.</summary>
    public static Props Props(SnapshotsSpec spec, FetchSnapshot request) =>
        Akka.Actor.Props.Create(() => new SnapshotFetch(spec, request));

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private SnapshotCursor At => _assembly?.At ?? SnapshotCursor.Start;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <inheritdoc/>
    protected override void PreStart() => Begin();

    /// <inheritdoc/>
    protected override void PostStop()
    {
        try
        {
            _assembly?.Dispose();
            if (!_isStaged && _assembly is not null) spec.Staging.Discard(request.Region);
        }
        finally
        {
            if (!_isStaged) Release();
        }
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is SnapshotMessage) _heard = Now;
        switch (message)
        {
            case SnapshotMessage { BodyCase: SnapshotMessage.BodyOneofCase.Part } part when part.Id == _id:
                Take(part.Part);
                break;
            case SnapshotMessage { BodyCase: SnapshotMessage.BodyOneofCase.Refusal } refusal when refusal.Id == _id:
                Take(refusal.Refusal);
                break;
            case SnapshotMessage: break; // of an earlier attempt
            case RangeReserved reserved: Reserved(reserved.Region); break;
            case RangeRefused refused when refused.Region == _header?.Region: Fail(refused.Reason); break;
            case Silence: Silent(); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin()
    {
        _id = spec.Draw();
        (_progressed, _heard) = (Now, Now);
        _header = null;
        AskAgain();
    }

    // The answers to earlier pulls may still come, and are taken as well.
    private void AskAgain()
    {
        _arrived.Clear();
        _ahead = 0;
        Pull();
    }

    private void Pull()
    {
        for (; _ahead < SnapshotsSpec.Window; _ahead++)
        {
            Say(new SnapshotMessage
            {
                Pull = new SnapshotPull
                {
                    RegionId = request.Region.Value,
                    At = SnapshotWire.ToWire(At),
                    Ahead = (uint)_ahead,
                },
            });
        }
        Timers.StartSingleTimer(Silence.Instance, Silence.Instance, spec.Settings.RetryInterval);
    }

    private void Take(SnapshotPart part)
    {
        try
        {
            var header = SnapshotWire.DecodeHeader(part.Header.Memory);
            var chunk = SnapshotWire.DecodeChunk(part.Chunk.Memory);
            if (_header is null) Reserve(header);
            _total = part.TotalBytes;
            if (_arrived.Count < SnapshotsSpec.Window && chunk.From.Pairs >= At.Pairs) _arrived[chunk.From] = chunk;
        }
        catch (SnapshotDamagedException e)
        {
            Damaged(e.Message);
            return;
        }
        if (_assembly is not null) Assemble();
    }

    private void Reserve(SnapshotHeader header)
    {
        if (header.Region.Id != request.Region) throw new SnapshotDamagedException($"it is of {header.Region.Id}");
        if (header.Region.PeerOn(spec.Self) is null)
        {
            Fail($"{spec.Self} is no member of {header.Region.Id} at {header.Region.Epoch}");
            return;
        }
        if (header.Applied.Index < request.AtLeast.Index)
        {
            Fail($"it ends at entry {header.Applied}, before {request.AtLeast}");
            return;
        }
        Release();
        _header = header;
        spec.Regions.Tell(new ReserveRange(header.Region));
    }

    private void Reserved(Region region)
    {
        _isReserved = true;
        if (region != _header?.Region || _assembly is not null) return;
        _assembly = new SnapshotAssembly(spec.Staging, _header);
        Assemble();
    }

    private void Assemble()
    {
        try
        {
            AddArrived();
            if (_assembly!.IsWhole) Complete();
            else Pull();
        }
        catch (SnapshotDamagedException e)
        {
            Damaged(e.Message);
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            // A disk without room is not the end of the store, as long as nothing else needs it.
            Fail(e.Message);
        }
    }

    private void AddArrived()
    {
        while (!_assembly!.IsWhole && _arrived.Remove(At, out var chunk))
        {
            var before = At.Bytes;
            _assembly.Add(chunk);
            (_progressed, _damaged, _ahead) = (Now, 0, Math.Max(0, _ahead - 1));
            _metrics.Received(At.Bytes - before);
            Context.Parent.Tell(new SnapshotProgress(request.Region, request.From, IsIncoming: true, At.Bytes, _total));
        }
    }

    private void Complete()
    {
        var staged = _assembly!.Complete();
        _isStaged = true;
        Say(new SnapshotMessage { End = new SnapshotEnd() });
        _log.Info("A snapshot of {Region} has arrived from {Store}: up to entry {Applied}, {Bytes} bytes",
            request.Region, request.From, staged.Header.Applied, At.Bytes);
        _metrics.Fetched("staged");
        Context.Parent.Tell(new SnapshotStaged(staged));
        Context.Stop(Self);
    }

    private void Damaged(string why)
    {
        _log.Warning("A part of the snapshot of {Region} from {Store} is asked for again: {Reason}",
            request.Region, request.From, ForeignText.Line(why));
        _metrics.Damaged();
        if (++_damaged < MaxDamagedInARow) AskAgain();
        else Fail($"{_damaged} parts in a row are damaged, the last because {ForeignText.Line(why)}");
    }

    private void Take(SnapshotRefusal refusal)
    {
        switch ((SnapshotRefusalReason)refusal.Reason)
        {
            // It has a place for this one later.
            case SnapshotRefusalReason.Busy: _progressed = Now; break;
            case SnapshotRefusalReason.Gone:
                _assembly?.Dispose();
                _assembly = null;
                Begin();
                break;
            default: Fail(ForeignText.Line(refusal.Text)); break;
        }
    }

    private void Silent()
    {
        if (Now - _progressed >= spec.Settings.IdleTimeout)
        {
            Fail($"nothing has come from {request.From} for {spec.Settings.IdleTimeout.TotalSeconds:0} s");
            return;
        }
        // A connection may be dead and nobody told of it.
        if (Now - _heard >= spec.Settings.Patience)
        {
            _heard = Now;
            spec.Reconnect(request.From);
        }
        AskAgain();
    }

    private void Fail(string why)
    {
        Say(new SnapshotMessage { End = new SnapshotEnd() });
        _metrics.Fetched("failed");
        Context.Parent.Tell(new SnapshotNotFetched(request.Region, why));
        Context.Stop(Self);
    }

    private void Release()
    {
        if (_header is not null || _isReserved) spec.Regions.Tell(new ReleaseRange(request.Region));
        _isReserved = false;
    }

    private void Say(SnapshotMessage message)
    {
        message.Id = _id;
        Context.Parent.Tell(new OutboundSnapshotMessage(request.From, message));
    }

    /// <summary>Nothing has come for a while.</summary>
    private sealed class Silence
    {
        public static Silence Instance { get; } = new();
    }
}
