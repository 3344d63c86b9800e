using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>How much one connection, and all together, may leave unread, over gRPC and to the gateway actor alike.</summary>
public static class UnreadLimit
{
    /// <summary>From so many bytes of replies on, requests are refused.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    /// <summary>Each connection has its bound, but there may be many: as much as eight of them.</summary>
    public const long MaxBytesOfAll = 8 * MaxBytes;

    /// <summary>Smaller replies are bounded well enough by how many calls and connections there may be.</summary>
    public const int SmallBytes = 64 * 1024;

    private const uint BackoffMs = 100;

    /// <summary>Whether a conditional write certainly changed nothing, so that a refusal may take its place.</summary>
    public static bool ChangedNothing(CompareAndSetResponse reply) =>
        reply is { Succeeded: false, RegionError: null, Error: "" };

    /// <summary>What a request is told for which there is no room.</summary>
    public static RegionError Refusal { get; } =
        new RegionError.ServerIsBusy(
            $"more than {MaxBytes} bytes of replies to one connection, or {MaxBytesOfAll} to all, are not read yet",
            BackoffMs);
}
