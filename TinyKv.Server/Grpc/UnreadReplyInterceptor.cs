using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using TinyKv.Actors.Requests;
using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Bounds the large replies that one connection, and all together, hold because clients do not read them: further ones
/// become refusals.
/// </summary>
internal sealed class UnreadReplyInterceptor : Interceptor
{
    private static readonly object Key = new();

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request,
        ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var reply = await continuation(request, context);
        if (reply is not IMessage message) return reply;
        var bytes = message.CalculateSize();
        if (bytes <= UnreadLimit.SmallBytes) return reply;
        var http = context.GetHttpContext();
        // What became of a write must be told, unless it was not done.
        var mustBeTold = reply is not IRegionReply
            || (reply is CompareAndSetResponse conditional && !UnreadLimit.ChangedNothing(conditional));
        if (!HeldBy(http).TryAdd(bytes, mustBeTold)) return RefusedReply.Of<TResponse>(UnreadLimit.Refusal);
        http.Items[Key] = (long)bytes;
        return reply;
    }

    /// <summary>Around the services: waits until a large reply has been read, or the connection is gone.</summary>
    public static async Task WaitForReaderAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
            // Without it the request would be over while most of the reply is still held for the stream.
            if (http.Items.ContainsKey(Key)) await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, and with it what it did not read.
        }
        finally
        {
            if (http.Items[Key] is long bytes) HeldBy(http).Remove(bytes);
        }
    }

    /// <summary>Counts what the request's connection was sent and has not read.</summary>
    public static UnreadBytes HeldBy(HttpContext http)
    {
        var items = http.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
        lock (items)
        {
            if (items.TryGetValue(Key, out var known)) return (UnreadBytes)known!;
            var held = new UnreadBytes(UnreadLimit.MaxBytes, http.RequestServices.GetRequiredService<UnreadBytes>());
            items[Key] = held;
            return held;
        }
    }
}
