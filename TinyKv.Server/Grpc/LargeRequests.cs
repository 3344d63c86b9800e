using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Bounds the bytes of the large requests that are received or served at once: further ones are refused before they
/// are read. What a request holds while it arrives is not seen by the gateway's bounds, and clients decide how long
/// that takes. Compressed ones are refused: how much they will hold cannot be seen.
/// </summary>
internal sealed class LargeRequests(long maxBytes)
{
    private static readonly object RefusalKey = new();

    private readonly InFlight _inFlight = new(int.MaxValue, maxBytes);

    /// <summary>Around the services: lets a request in, or has it refused.</summary>
    public Task LimitAsync(HttpContext http, RequestDelegate next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } grpc ? next(http)
            : grpc.Method.Type == MethodType.Unary ? LimitCallAsync(http, next)
            : LimitStreamAsync(http, next, holdsMany: grpc.Method is Method<RequestEnvelope, ReplyEnvelope>);

    private async Task LimitCallAsync(HttpContext http, RequestDelegate next)
    {
        MessagePrefix message;
        try
        {
            message = await AnnouncedAsync(http.Request.BodyReader, http.RequestAborted);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            return; // the client has gone, or sends too slowly
        }
        if (message.IsCompressed)
        {
            Refuse(http.Response, MessagePrefix.CompressedRefusal);
        }
        // Small ones are bounded well enough by how many calls and connections there may be.
        else if (message.Bytes <= GrpcLimits.MaxSmallMessageBytes)
        {
            await next(http);
        }
        else if (_inFlight.TryEnter(message.Bytes))
        {
            try
            {
                await next(http);
            }
            finally
            {
                _inFlight.Leave(message.Bytes);
            }
        }
        else
        {
            // In place of the request an empty one continues to the interceptor, which knows the type of the reply.
            http.Items[RefusalKey] = _inFlight.Refusal();
            http.Request.Body = new MemoryStream(new byte[MessagePrefix.Size]);
            await next(http);
        }
    }

    // A stream may be opened long before its first message comes.
    private async Task LimitStreamAsync(HttpContext http, RequestDelegate next, bool holdsMany)
    {
        var intake = new StreamIntake(http.Request.BodyReader, _inFlight, holdsMany, TimeProvider.System);
        http.Features.Set<IRequestBodyPipeFeature>(intake);
        try
        {
            await next(http);
        }
        finally
        {
            intake.EndMessage();
        }
    }

    // Looks at the prefix only; the message stays where it is.
    private static async ValueTask<MessagePrefix> AnnouncedAsync(PipeReader reader, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            if (buffer.Length >= MessagePrefix.Size || result.IsCompleted)
            {
                var message = buffer.Length >= MessagePrefix.Size ? MessagePrefix.Of(buffer) : default;
                reader.AdvanceTo(buffer.Start);
                return message;
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    // A reply of gRPC that has a status and nothing else.
    private static void Refuse(HttpResponse response, Status status)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = $"{(int)status.StatusCode}";
        response.Headers["grpc-message"] = status.Detail;
        response.Headers["grpc-accept-encoding"] = "identity";
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
