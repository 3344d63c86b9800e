namespace TinyKv.Client;

/// <summary>What went wrong in a call; see the derived types for what to do about it.</summary>
public abstract class TinyKvClientException(string message, Exception? cause = null)
    : Exception(message, cause);

/// <summary>The request can never succeed as it is: a bad key, value, limit, column family or
/// cluster.</summary>
public sealed class TinyKvInvalidRequestException(string message) : TinyKvClientException(message);

/// <summary>Nobody served the request in time. Nothing was done; it is safe to try again.</summary>
public sealed class TinyKvUnavailableException(string message, Exception? cause = null)
    : TinyKvClientException(message, cause)
{
    /// <summary>Whether nothing took a connection, or nothing came back over one: no store runs, or the endpoints are
    /// mistaken.</summary>
    public bool IsUnreachable { get; init; }
}

/// <summary>A write was sent and not answered: it may have been done, or be done later. Or some of it was done: it was for keys
/// of several regions, not all of which have written theirs.</summary>
public sealed class TinyKvUndeterminedException(string message, Exception? cause = null)
    : TinyKvClientException(message, cause);
