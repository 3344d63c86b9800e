namespace TinyKv.Protocol;

/// <summary>Bytes from disk or network are not what they should be. Decoders throw nothing else.</summary>
public sealed class MalformedMessageException(string message, Exception? cause = null)
    : Exception(message, cause);
