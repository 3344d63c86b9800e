using System.Net.Sockets;
using Grpc.Core;
using TinyKv.Core.Placement;

namespace TinyKv.Server.Joining;

/// <summary>What it means that a store was not registered.</summary>
internal static class JoinFailures
{
    // Of HTTP/2: the other side speaks HTTP/1.1 only.
    private const long Http11Required = 0xd;

    // How the library begins to tell of an answer over HTTP/2 that is not gRPC's.
    private const string NotGrpc = "Bad gRPC response.";

    /// <summary>Why placement refuses it; null when it does not say so.</summary>
    public static RegistryRefusal? RefusalOf(RpcException failure) => failure.StatusCode switch
    {
        StatusCode.AlreadyExists => new RegistryRefusal(RegistryRefusalKind.AddressTaken, failure.Status.Detail),
        StatusCode.InvalidArgument => new RegistryRefusal(RegistryRefusalKind.Invalid, failure.Status.Detail),
        StatusCode.FailedPrecondition => new RegistryRefusal(RegistryRefusalKind.OtherCluster, failure.Status.Detail),
        _ => null,
    };

    /// <summary>Whether what answers can be no store, however often it is asked.</summary>
    public static bool IsOfNoStore(RpcException failure) => failure.StatusCode == StatusCode.Unimplemented
        || failure.Status.Detail.StartsWith(NotGrpc, StringComparison.Ordinal)
        || CausesOf(failure).OfType<HttpProtocolException>().Any(cause => cause.ErrorCode == Http11Required)
        || CausesOf(failure).OfType<HttpRequestException>().Any(
            cause => cause.HttpRequestError is HttpRequestError.VersionNegotiationError or HttpRequestError.InvalidResponse);

    /// <summary>Why there was no answer, for people.</summary>
    public static string Describe(RpcException failure)
    {
        var causes = CausesOf(failure).ToList();
        if (causes.OfType<HttpRequestException>().Any(cause => cause.HttpRequestError == HttpRequestError.NameResolutionError))
            return "the host's name is not known";
        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
            return socket.SocketErrorCode == SocketError.ConnectionRefused ? "connection refused" : socket.Message;
        if (failure.StatusCode == StatusCode.DeadlineExceeded) return "it does not answer";
        return causes.Count == 0 ? failure.Status.Detail : causes[^1].Message;
    }

    private static IEnumerable<Exception> CausesOf(RpcException failure)
    {
        for (var cause = failure.Status.DebugException; cause is not null; cause = cause.InnerException) yield return cause;
    }
}
