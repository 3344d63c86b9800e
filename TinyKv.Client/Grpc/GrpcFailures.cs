using System.Net.Sockets;
using Grpc.Core;

namespace TinyKv.Client.Grpc;

/// <summary>What a failed call says about the store, in the words of this client rather than of the libraries.</summary>
internal static class GrpcFailures
{
    // Of HTTP/2: the other side speaks HTTP/1.1 only.
    private const long Http11Required = 0xd;

    /// <summary>Why a store gave no usable answer.</summary>
    public static StoreCallException Of(string address, RpcException failure)
    {
        var causes = Causes(failure.Status.DebugException).ToList();
        var request = causes.OfType<HttpRequestException>().FirstOrDefault();
        if (request?.HttpRequestError == HttpRequestError.NameResolutionError)
            return Unreachable("the host's name is not known");
        if (request?.HttpRequestError == HttpRequestError.ConnectionError)
            return Unreachable(WhyNotConnected(causes));
        if (causes.OfType<HttpProtocolException>().Any(cause => cause.ErrorCode == Http11Required))
            return Mistaken(CallFailure.NotAStore,
                "this port speaks HTTP/1.1 as a store's status port does, expected its gRPC port");
        if (DropsConnections(causes))
            return Mistaken(CallFailure.Unreachable,
                "the connection was dropped; a store that ends does that, and so does a remoting port: expected its gRPC port");
        var message = causes.Count == 0 ? failure.Status.Detail : $"the connection broke ({Innermost(causes)})";
        return new StoreCallException($"{address}: {message}", mayBeDone: true, failure);

        StoreCallException Unreachable(string what) =>
            new($"{address}: {what}", mayBeDone: false, failure) { Failure = CallFailure.Unreachable };

        StoreCallException Mistaken(CallFailure kind, string what) =>
            new($"{address}: {what}", mayBeDone: true, failure) { Failure = kind };
    }

    /// <summary>What answered does not know a call that every store has.</summary>
    public static StoreCallException NotAStore(string address, RpcException failure) =>
        new($"{address}: what answers there is no TinyKv store", mayBeDone: false, failure)
        {
            Failure = CallFailure.NotAStore,
        };

    // It was reset while the client wrote its first bytes, or read the first answer.
    private static bool DropsConnections(List<Exception> causes) =>
        causes is [HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }, ..]
            or [HttpRequestException { HttpRequestError: HttpRequestError.Unknown }, IOException and not HttpIOException, ..];

    private static string WhyNotConnected(List<Exception> causes)
    {
        if (causes.OfType<TimeoutException>().Any()) return "no connection in time";
        return causes.OfType<SocketException>().FirstOrDefault()?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connection refused",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host's name is not known",
            _ => $"no connection ({Innermost(causes)})",
        };
    }

    private static string Innermost(List<Exception> causes) => causes[^1].Message.TrimEnd('.');

    private static IEnumerable<Exception> Causes(Exception? failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException) yield return cause;
    }
}
