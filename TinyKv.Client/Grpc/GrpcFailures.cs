using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;

namespace TinyKv.Client.Grpc;

/// <summary>What a failed call says about the store, in the words of this client rather than of the libraries.</summary>
internal static class GrpcFailures
{
    // Of HTTP/2: the other side speaks HTTP/1.1 only.
    private const long Http11Required = 0xd;

    // How the library begins to tell of an answer over HTTP/2 that is not gRPC's.
    private const string NotGrpc = "Bad gRPC response. ";
    private const string NotGrpcStatus = NotGrpc + "HTTP status code: ";

    /// <summary>Why a store gave no usable answer.</summary>
    /// <param name="address">Where it should be.</param>
    /// <param name="failure">What was caught.</param>
    /// <param name="greeting">What ever came back from there.</param>
    /// <param name="expected">What should be there, if it may be a mistake.</param>
    public static StoreCallException Of(string address, RpcException failure, Greeting greeting, string? expected)
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
        if (greeting == Greeting.Other) return NotAStore(address, failure);
        if (greeting == Greeting.None && causes.OfType<HttpProtocolException>().Any())
            return StoreCallException.NeverHeard(address, expected, failure);
        if (DropsConnections(causes) || (greeting == Greeting.None && causes.Count > 0))
            return Mistaken(CallFailure.Unreachable, expected is null ? "the connection was dropped"
                : $"the connection was dropped; a store that ends does that, and so does a remoting port: expected {expected}");
        if (WebStatus(failure) is { } code)
            return new StoreCallException($"{address}: a web server or proxy answered with HTTP status {code}", true, failure);
        var message = causes.Count == 0 ? failure.Status.Detail : $"the connection broke ({Innermost(causes)})";
        return new StoreCallException($"{address}: {message}", mayBeDone: true, failure);

        StoreCallException Unreachable(string what) =>
            new($"{address}: {what}", mayBeDone: false, failure) { Failure = CallFailure.Unreachable };

        StoreCallException Mistaken(CallFailure kind, string what) =>
            new($"{address}: {what}", mayBeDone: true, failure) { Failure = kind };
    }

    /// <summary>Whether what answered a call that every store has can be no store. A proxy in front of stores that are
    /// away now is none, either, but has one again later.</summary>
    public static bool IsOfAnotherServer(RpcException failure) =>
        failure.StatusCode == StatusCode.Unimplemented || WebStatus(failure) is < 500 and not (408 or 429);

    /// <summary>What answered does not speak gRPC, or does not know a call that every store has.</summary>
    public static StoreCallException NotAStore(string address, RpcException failure) =>
        new($"{address}: what answers there is no TinyKv store", mayBeDone: false, failure)
        {
            Failure = CallFailure.NotAStore,
        };

    // Null: it was answered as gRPC answers, or not at all.
    private static int? WebStatus(RpcException failure)
    {
        var detail = failure.Status.Detail;
        if (!detail.StartsWith(NotGrpc, StringComparison.Ordinal)) return null;
        return detail.StartsWith(NotGrpcStatus, StringComparison.Ordinal)
            && int.TryParse(detail.AsSpan(NotGrpcStatus.Length), CultureInfo.InvariantCulture, out var code) ? code : 200;
    }

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

    // What broke the rules of HTTP/2, or answered no ping, is in the library's words, which name its settings.
    private static string Innermost(List<Exception> causes) => causes[^1] is HttpProtocolException
        ? "it was given up by one of the two sides" : causes[^1].Message.TrimEnd('.');

    private static IEnumerable<Exception> Causes(Exception? failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException) yield return cause;
    }
}
