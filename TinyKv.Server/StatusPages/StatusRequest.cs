namespace TinyKv.Server.StatusPages;

/// <summary>What a connection to the status port asks for, as far as is known.</summary>
internal enum StatusRequest
{
    /// <summary>It has not said yet.</summary>
    Unfinished,

    /// <summary><c>/health/live</c>; the request has ended.</summary>
    Liveness,

    /// <summary>Anything else, whole or not, HTTP or not.</summary>
    Other,
}

/// <summary>Tells probes of liveness from other requests by their first bytes.</summary>
internal static class StatusRequests
{
    /// <summary>What these bytes ask for, the first that a connection has sent.</summary>
    public static StatusRequest Read(ReadOnlySpan<byte> bytes)
    {
        if (!Fits(bytes, "GET /health/live"u8) && !Fits(bytes, "HEAD /health/live"u8)) return StatusRequest.Other;
        return HasEnd(bytes) ? StatusRequest.Liveness : StatusRequest.Unfinished;
    }

    // An empty line; a line may end without the carriage return, as it may for Kestrel.
    private static bool HasEnd(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\n\r\n"u8) >= 0 || bytes.IndexOf("\n\n"u8) >= 0;

    private static bool Fits(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> request) => bytes.Length <= request.Length
        ? request.StartsWith(bytes) : bytes.StartsWith(request) && bytes[request.Length] is (byte)' ' or (byte)'?';
}
