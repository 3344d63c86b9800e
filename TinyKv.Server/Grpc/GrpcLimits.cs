namespace TinyKv.Server.Grpc;

/// <summary>Bounds of the gRPC services that are not settings, because clients rely on them.</summary>
internal static class GrpcLimits
{
    /// <summary>The largest request and the largest reply, in bytes.</summary>
    public const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>The largest small request; services that need no larger ones take none.</summary>
    public const int MaxSmallMessageBytes = 64 * 1024;

    /// <summary>The most bytes of large requests that are received or served at once; one always fits.</summary>
    public const long MaxLargeRequestBytes = 128 * 1024 * 1024;

    /// <summary>The most labels of a store that are set at once.</summary>
    public const int MaxLabels = 32;

    /// <summary>The most timestamps in one request: as many as one millisecond has, whose counter is never 0.</summary>
    public const uint MaxTimestamps = (1 << 18) - 1;
}
