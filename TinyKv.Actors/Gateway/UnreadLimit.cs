using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.V1;

namespace TinyKv.Actors.Gateway;

/// <summary>How much one connection may leave unread, over gRPC and to the gateway actor alike; all of them together:
/// <see cref="UnreadTotal"/>.</summary>
public static class UnreadLimit
{
    /// <summary>From so many bytes of replies on, requests are refused.</summary>
    public const long MostBytes = 32 * 1024 * 1024;

    private const uint BackoffMs = 100;

    /// <summary>Whether a conditional write certainly changed nothing, so that a refusal may take its place.</summary>
    public static bool ChangedNothing(CompareAndSetResponse reply) =>
        reply is { Succeeded: false, RegionError: null, Error: "" };

    /// <summary>What a request is told for which there is no room.</summary>
    public static RegionError Refusal { get; } =
        new RegionError.ServerIsBusy(
            $"more than {MostBytes} bytes of replies to one connection, or {UnreadTotal.MostBytes} to all, are not read yet",
            BackoffMs);
}
