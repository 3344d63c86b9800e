using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using TinyKv.Actors.Requests;
using TinyKv.Protocol;
using TinyKv.Protocol.Raw;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Bounds what the messages of one stream hold while they arrive. It stands between Kestrel and gRPC, which reads one
/// message after the other and leaves each in the buffer until it is whole.
/// </summary>
/// <param name="inner">The body of the request.</param>
/// <param name="large">Counts large messages that arrive, of all streams and calls.</param>
/// <param name="holdsMany">Whether each message is a <see cref="Protocol.Wire.Raw.V1.RequestEnvelope"/>.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamIntake(PipeReader inner, InFlight large, bool holdsMany, TimeProvider time)
    : PipeReader, IRequestBodyPipeFeature
{
    // As slow, and as late, as Kestrel lets single calls be; gRPC lifts that bound for streams, which may be idle.
    private const long MinBytesPerSecond = 1024;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private ReadOnlySequence<byte> _buffer;
    private long? _begun;
    private long _held;

    /// <inheritdoc/>
    public PipeReader Reader => this;

    /// <inheritdoc/>
    /// <exception cref="RpcException">The message is not taken; the stream ends with its status.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await ReadInTimeAsync(cancellationToken);
        _buffer = result.Buffer;
        try
        {
            if (_buffer.Length >= MessagePrefix.Size) await AdmitAsync(MessagePrefix.Of(_buffer), cancellationToken);
        }
        catch
        {
            // What was read must be handed back, or the end of the request would fail.
            inner.AdvanceTo(_buffer.Start);
            throw;
        }
        return result;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // gRPC takes whole messages only.
        if (!consumed.Equals(_buffer.Start)) EndMessage();
        else if (!_buffer.IsEmpty) _begun ??= time.GetTimestamp();
        inner.AdvanceTo(consumed, examined);
    }

    /// <summary>Nothing goes by without <see cref="ReadAsync"/>.</summary>
    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return false;
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        EndMessage();
        inner.Complete(exception);
    }

    /// <summary>The stream has ended: gives back what a message that was not taken held.</summary>
    public void EndMessage()
    {
        if (_held > 0) large.Leave(_held);
        (_held, _begun) = (0, null);
    }

    // Between messages a stream may be silent for as long as it likes.
    private async ValueTask<ReadResult> ReadInTimeAsync(CancellationToken cancellation)
    {
        if (_begun is not { } begun) return await inner.ReadAsync(cancellation);
        var allowed = Grace + TimeSpan.FromSeconds(_buffer.Length / (double)MinBytesPerSecond);
        var left = allowed - time.GetElapsedTime(begun);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await inner.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw Refused(StatusCode.DeadlineExceeded,
                $"a message stays unfinished: {_buffer.Length} bytes came in {time.GetElapsedTime(begun).TotalSeconds:f0} s");
        }
    }

    private async ValueTask AdmitAsync(MessagePrefix message, CancellationToken cancellation)
    {
        if (message.IsCompressed) throw new RpcException(MessagePrefix.CompressedRefusal);
        // gRPC refuses what is too large by itself.
        if (message.Bytes is > GrpcLimits.MaxSmallMessageBytes and <= GrpcLimits.MaxMessageBytes && _held == 0)
            await EnterAsync(message.Bytes, cancellation);
        if (holdsMany && _buffer.Length >= MessagePrefix.Size + message.Bytes
            && WhyBeyondLimits(_buffer.Slice(MessagePrefix.Size, message.Bytes)) is { } why)
        {
            throw Refused(StatusCode.ResourceExhausted, why);
        }
    }

    private static string? WhyBeyondLimits(ReadOnlySequence<byte> message)
    {
        try
        {
            return EnvelopeForm.WhyBeyondLimits(message);
        }
        catch (MalformedMessageException malformed)
        {
            // As gRPC says it of what its parser does not take.
            throw Refused(StatusCode.Internal, malformed.Message);
        }
    }

    // While it waits nothing more is read, so that the client waits, too.
    private async ValueTask EnterAsync(long bytes, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!large.TryEnter(bytes))
        {
            if (time.GetElapsedTime(began) >= Grace)
                throw Refused(StatusCode.ResourceExhausted, $"no room for a message of {bytes} bytes: {large.Refusal().Message}");
            await Task.Delay(LookAgain, time, cancellation);
        }
        _held = bytes;
    }

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));
}
