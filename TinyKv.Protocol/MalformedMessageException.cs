using System.Runtime.Serialization;

namespace TinyKv.Protocol;

/// <summary>
/// Bytes from disk or network are not what they should be. Decoders throw nothing else. Akka.Remote drops a message
/// whose serializer throws this kind of exception; after any other it closes the connection.
/// </summary>
public sealed class MalformedMessageException(string message, Exception? cause = null)
    : SerializationException(message, cause);
