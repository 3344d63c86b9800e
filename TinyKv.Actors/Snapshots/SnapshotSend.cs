using Akka.Actor;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using SnapshotChunk = TinyKv.Core.Snapshots.SnapshotChunk;
using SnapshotCursor = TinyKv.Core.Snapshots.SnapshotCursor;
using SnapshotHeader = TinyKv.Core.Snapshots.SnapshotHeader;
using SnapshotPart = TinyKv.Protocol.Wire.Internal.SnapshotPart;

namespace TinyKv.Actors.Snapshots;

/// <summary>
/// One snapshot that another store pulls. It is of the engine as the region's state machine gave it for the first pull, and
/// is kept for as long as pulls come: whoever lost an answer or a connection continues, and always gets the same.
/// </summary>
internal sealed class SnapshotSend(SnapshotsSpec spec, StoreId to, ulong id, RegionId region) : UntypedActor
{
    private readonly List<ChunkPull> _early = []; // pulls that came before the view
    private readonly Dictionary<SnapshotCursor, SnapshotCursor?> _next = []; // of the latest chunks; null behind the last
    private ReadView? _view;
    private SnapshotHeader _header = null!; // with the view
    private ByteString _encodedHeader = ByteString.Empty;
    private long _total;
    private long _furthest = -1; // where the last part begins that has left, in pairs before it
    private TimeSpan _advanced; // when it left first
    private bool _hasEnded;
    private bool _isAnswered;

    /// <summary>What makes the actor.</summary>
    public static Props Props(SnapshotsSpec spec, StoreId to, ulong id, RegionId region) =>
        Akka.Actor.Props.Create(() => new SnapshotSend(spec, to, id, region));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        // What is applied is committed; whether it is enough for whom it was offered to, he sees by himself.
        spec.Regions.Tell(new TakeView(region));
        SetReceiveTimeout(spec.Settings.IdleTimeout);
    }

    /// <inheritdoc/>
    protected override void PostStop() => _view?.Release();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ChunkPull pull when _view is not null: Answer(pull); break;
            case ChunkPull pull:
                if (_early.Count < SnapshotsSpec.Window) _early.Add(pull);
                break;
            case ReadView view: Begin(view); break;
            case RegionError error: Refuse($"{error}"); break;
            case SnapshotEnd or ReceiveTimeout: End(); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(ReadView view)
    {
        (_view, _isAnswered) = (view, true);
        if (_hasEnded)
        {
            End();
            return;
        }
        _header = new SnapshotHeader(view.Region, MetaRecords.AppliedOf(view.Snapshot, view.Region.Id));
        _encodedHeader = Wrap(SnapshotWire.Encode(_header));
        _total = SnapshotContent.Of(view.Region).Sum(
            part => part.Ranges.Sum(range => spec.Engine.EstimateBytes(part.Family, range)));
        Pin();
        foreach (var pull in _early) Answer(pull);
        _early.Clear();
    }

    // Told again with each part: the log behind the snapshot is kept for as long as somebody fetches it.
    private void Pin() => spec.Regions.Tell(new SnapshotPinned(region, to, _header.Applied.Index));

    private void Refuse(string why)
    {
        _isAnswered = true;
        Say(new SnapshotMessage
        {
            Refusal = new SnapshotRefusal { Reason = (uint)SnapshotRefusalReason.NotHere, Text = why },
        });
        End();
    }

    // A view that comes when nobody is here would never be released: it is waited for.
    private void End()
    {
        _hasEnded = true;
        if (_isAnswered) Context.Stop(Self);
    }

    private void Answer(ChunkPull pull)
    {
        SnapshotCursor? at = pull.At;
        for (var i = 0; i < pull.Ahead && at is { } cursor; i++) at = NextOf(cursor);
        // Nothing is behind the last one.
        if (at is not { } from) return;
        NoteAnswer(from);
        var chunk = Read(from);
        Pin();
        Context.Parent.Tell(new SnapshotProgress(region, to, IsIncoming: false, chunk.Next.Bytes, _total));
        Say(new SnapshotMessage
        {
            Part = new SnapshotPart { Header = _encodedHeader, Chunk = Wrap(SnapshotWire.Encode(chunk)), TotalBytes = _total },
        });
    }

    // Whoever goes on asking for what has left does not hear it: the connection may be dead and nobody told of it.
    private void NoteAnswer(SnapshotCursor from)
    {
        var now = Context.System.Scheduler.MonotonicClock;
        var isNew = from.Pairs > _furthest;
        if (!isNew && now - _advanced < spec.Settings.Patience) return;
        if (!isNew) spec.Reconnect(to);
        (_furthest, _advanced) = (Math.Max(_furthest, from.Pairs), now);
    }

    private SnapshotCursor? NextOf(SnapshotCursor at)
    {
        if (!_next.ContainsKey(at)) Read(at);
        return _next[at];
    }

    private SnapshotChunk Read(SnapshotCursor at)
    {
        var chunk = ChunkReader.Read(_view!.Snapshot, _header, at, spec.ChunkBytes);
        if (_next.Count >= 2 * SnapshotsSpec.Window) _next.Clear();
        _next[at] = chunk.IsLast ? null : chunk.Next;
        return chunk;
    }

    private void Say(SnapshotMessage message)
    {
        message.Id = id;
        Context.Parent.Tell(new OutboundSnapshotMessage(to, message));
    }

    private static ByteString Wrap(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
