using Grpc.Core;
using Grpc.Core.Interceptors;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Core.Placement;
using TinyKv.Core.Storage;

namespace TinyKv.Server.Grpc;

/// <summary>
/// Gives every exception that leaves a service a status that tells the caller what to do about it.
/// </summary>
internal sealed class ErrorInterceptor(ILogger<ErrorInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request,
        ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception failure)
        {
            throw Translate(failure, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception failure)
        {
            throw Translate(failure, context);
        }
    }

    private RpcException Translate(Exception failure, ServerCallContext context)
    {
        switch (failure)
        {
            // What the generated base classes throw for calls that are not overridden.
            case RpcException { StatusCode: StatusCode.Unimplemented, Status.Detail: "" }:
                return Failed(StatusCode.Unimplemented, $"{context.Method} is not supported by this version");
            case RpcException known:
                return known;
            case PlacementUnavailableException unavailable:
                return Failed(StatusCode.Unavailable, unavailable.Message);
            case RegistryRefusedException { Refusal: var refusal }:
                return Failed(CodeOf(refusal.Kind), refusal.Message);
            case RegionRefusedException refused:
                return Failed(CodeOf(refused.Kind), refused.Message);
            // The store ends, and says why once; another has the same data.
            case StorageFailedException:
                return Failed(StatusCode.Unavailable, "the store cannot read or write its files and ends; its log says more");
            case OperationCanceledException or IOException
                when context.CancellationToken.IsCancellationRequested:
                return Failed(StatusCode.Cancelled, "the call was cancelled");
            default:
                log.LogError(failure, "{Method} failed", context.Method);
                return Failed(StatusCode.Internal, "internal error; the log of the store says more");
        }
    }

    private static StatusCode CodeOf(RegistryRefusalKind refusal) => refusal switch
    {
        RegistryRefusalKind.NotBootstrapped => StatusCode.Unavailable,
        RegistryRefusalKind.UnknownStore => StatusCode.NotFound,
        RegistryRefusalKind.AddressTaken => StatusCode.AlreadyExists,
        RegistryRefusalKind.Outdated => StatusCode.Aborted,
        RegistryRefusalKind.Invalid => StatusCode.InvalidArgument,
        _ => StatusCode.FailedPrecondition,
    };

    private static StatusCode CodeOf(RegionRefusalKind refusal) => refusal switch
    {
        RegionRefusalKind.UnknownRegion or RegionRefusalKind.NoSuchPeer => StatusCode.NotFound,
        RegionRefusalKind.GivenUp => StatusCode.Aborted,
        RegionRefusalKind.KeyNotInRegion => StatusCode.OutOfRange,
        RegionRefusalKind.Unavailable => StatusCode.Unavailable,
        _ => StatusCode.FailedPrecondition,
    };

    private static RpcException Failed(StatusCode code, string message) => new(new Status(code, message));
}
