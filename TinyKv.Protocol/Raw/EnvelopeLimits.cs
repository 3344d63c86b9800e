namespace TinyKv.Protocol.Raw;

/// <summary>The bounds of a stream of requests, and of messages that hold many; part of the protocol.</summary>
public static class EnvelopeLimits
{
    /// <summary>The most bytes in a message that holds more than one request or reply.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The most requests in a message.</summary>
    public const int MaxRequests = 1024;

    /// <summary>From so many requests of a stream that are not answered on, the store takes no further message from
    /// it.</summary>
    public const int MaxInFlight = 1024;

    /// <summary>As <see cref="MaxInFlight"/>, of the requests' bytes.</summary>
    public const long MaxBytesInFlight = 8 * 1024 * 1024;

    /// <summary>The most keys of a read that is done together with others: more take longer than the others should
    /// wait.</summary>
    public const int MaxKeysRead = 64;

    /// <summary>The longest that a request of a stream is worked on.</summary>
    public static TimeSpan MaxTimeout { get; } = TimeSpan.FromSeconds(60);
}
