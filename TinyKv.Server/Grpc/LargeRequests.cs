using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Bounds the bytes of the large requests that are received or served at once: further ones are refused before they
/// are read. What a request holds while it arrives is not seen by the gateway's bounds, and clients decide how long
/// that takes.
/// </summary>
internal sealed class LargeRequests(long maxBytes)
{
    // A flag for compression, and the length of the message.
    private const int PrefixBytes = 5;

    private static readonly object RefusalKey = new();

    private readonly InFlight _inFlight = new(int.MaxValue, maxBytes);

    /// <summary>Around the services: lets a request in, or has it refused.</summary>
    public async Task LimitAsync(HttpContext http, RequestDelegate next)
    {
        long bytes;
        try
        {
            bytes = IsUnary(http) ? await AnnouncedAsync(http.Request.BodyReader, http.RequestAborted) : 0;
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            return; // the client has gone, or sends too slowly
        }
        // Small ones are bounded well enough by how many calls and connections there may be.
        if (bytes <= GrpcLimits.MaxSmallMessageBytes)
        {
            await next(http);
        }
        else if (_inFlight.TryEnter(bytes))
        {
            try
            {
                await next(http);
            }
            finally
            {
                _inFlight.Leave(bytes);
            }
        }
        else
        {
            // In place of the request an empty one continues to the interceptor, which knows the type of the reply.
            http.Items[RefusalKey] = _inFlight.Refusal();
            http.Request.Body = new MemoryStream(new byte[PrefixBytes]);
            await next(http);
        }
    }

    // A stream may be opened long before its first message comes; its messages are small.
    private static bool IsUnary(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method.Type: MethodType.Unary };

    // Looks at the length only; the message stays where it is.
    private static async ValueTask<long> AnnouncedAsync(PipeReader reader, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            if (buffer.Length >= PrefixBytes || result.IsCompleted)
            {
                var bytes = buffer.Length >= PrefixBytes ? LengthIn(buffer) : 0;
                reader.AdvanceTo(buffer.Start);
                return bytes;
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static long LengthIn(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        return BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
    }

    /// <summary>Answers what was not let in.</summary>
    internal sealed class Interceptor : global::Grpc.Core.Interceptors.Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request,
            ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            context.GetHttpContext().Items[RefusalKey] is RegionError refusal
                ? Task.FromResult(RefusedReply.Of<TResponse>(refusal))
                : continuation(request, context);
    }
}
