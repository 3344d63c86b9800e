using System.Diagnostics;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>A request that came with others in a message.</summary>
/// <param name="request">With its number, and how long its caller waits.</param>
/// <param name="inner">The request itself.</param>
/// <param name="sink">Takes the reply.</param>
internal sealed class NumberedCall(NumberedRequest request, IRoutedRequest inner, IReplySink sink)
    : RawCall(inner, sink, Shorter(request.TimeoutMs))
{
    /// <summary>What its reply is known by.</summary>
    public ulong Number { get; } = request.Number;

    /// <summary>The span that a caller names; the default one for none.</summary>
    public static ActivityContext TraceOf(string traceparent) =>
        traceparent.Length > 0 && ActivityContext.TryParse(traceparent, null, isRemote: true, out var trace)
            ? trace : default;

    private static TimeSpan Shorter(uint milliseconds) =>
        milliseconds < EnvelopeLimits.MaxTimeout.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(milliseconds) : EnvelopeLimits.MaxTimeout;
}
