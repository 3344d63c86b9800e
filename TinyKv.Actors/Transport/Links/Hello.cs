using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport.Links;

/// <summary>The introduction that begins a connection, as it arrives.</summary>
internal static class Hello
{
    /// <summary>The introduction.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static LinkHello Parse(byte[] frame) => WireCodec.Parse(LinkHello.Parser, frame);
}
