using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// A <see cref="SnapshotMessage"/> as it came over a connection of a store. Nothing else brings one: it has no form in which
/// it could travel between actor systems. Parsing is left to the actor that it is for.
/// </summary>
/// <param name="From">Whose connection it was.</param>
/// <param name="Bytes">The message.</param>
internal sealed record EncodedSnapshotMessage(StoreId From, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The message.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public SnapshotMessage Parse() => WireCodec.Parse(SnapshotMessage.Parser, Bytes);
}
