using System.Collections.Concurrent;
using Grpc.Core;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client.Grpc;

/// <summary>The streams of a client: one to each store that knows them.</summary>
/// <param name="options">Of the client.</param>
/// <param name="open">What opens streams to an address, and does not wait for a connection.</param>
/// <param name="broken">What the end of a stream to an address says about the store.</param>
/// <param name="isAlive">Whether a store that is silent gives a sign of life.</param>
/// <param name="giveUp">A store gave none: what those are told that wait for it.</param>
internal sealed class RequestStreams(
    TinyKvClientOptions options,
    Func<string, Func<AsyncDuplexStreamingCall<RequestEnvelope, ReplyEnvelope>>> open,
    Func<string, RpcException, StoreCallException> broken,
    Func<string, Task<bool>> isAlive,
    Func<string, StoreCallException> giveUp) : IAsyncDisposable
{
    // A larger request would hold up the others; by itself it has the store's bounds for single calls.
    private const int MaxBytes = 256 * 1024;

    // A store that has no streams may be replaced by one that has them.
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromMinutes(1);

    // What is under way when the client is disposed may take so long, and a store that writing failed to so long to say why.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, RequestStream> _streams = new();
    private readonly ConcurrentDictionary<string, long> _withoutUntil = new();
    private volatile bool _disposed;

    /// <summary>The request, ready to go by the stream to an address; null when it is to be a single call.</summary>
    public PendingCall? Take(string address, IRawRequest request)
    {
        if (!options.UseStreams || request is not IRoutedRequest { ReadsMuch: false } routed) return null;
        if (_withoutUntil.TryGetValue(address, out var until) && Environment.TickCount64 < until) return null;
        var call = PendingCall.Of(routed, options.Timeout);
        return call.Bytes <= MaxBytes ? call : null;
    }

    /// <summary>Sends a request; returns the stream it goes by, where a caller that waits no longer abandons it.</summary>
    /// <exception cref="StoreCallException">The store is stopping, or the address is none.</exception>
    public RequestStream Send(string address, PendingCall call)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(TinyKvClient));
            var stream = _streams.GetOrAdd(address, Prepare);
            if (stream.TrySend(call)) return stream;
            if (!stream.HasEnded) throw broken(address, RequestStream.Stopping).As(mayBeDone: false);
            // It has ended. Who comes next opens another, without a lock that others would wait for.
            _streams.TryRemove(KeyValuePair.Create(address, stream));
        }
    }

    /// <summary>A store does not know streams: single calls are made to it for a while.</summary>
    public void GoWithout(string address) =>
        _withoutUntil[address] = Environment.TickCount64 + (long)AskedAgainAfter.TotalMilliseconds;

    /// <summary>Ends the streams; what is under way may still be answered for a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await Task.WhenAll(_streams.Values.Select(stream => stream.DisposeAsync().AsTask()));
    }

    private RequestStream Prepare(string address) => new(
        open(address), failure => broken(address, failure),
        outbox => new SilenceWatch(outbox, options.AttemptTimeout, () => isAlive(address), () => giveUp(address)), Grace);
}
