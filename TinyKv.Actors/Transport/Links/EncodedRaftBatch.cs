using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// A <see cref="RaftBatch"/> as it came over a connection of a store. Nothing else brings one: it has no form in which it
/// could travel between actor systems. Parsing is left to the actor that it is for.
/// </summary>
internal sealed record EncodedRaftBatch(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The batch.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public RaftBatch Parse() => WireCodec.Parse(RaftBatch.Parser, Bytes);
}
