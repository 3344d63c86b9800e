using System.Buffers.Binary;
using Google.Protobuf;

namespace TinyKv.Protocol.Links;

/// <summary>A message on a connection between stores: its length, four bytes with the lowest first, then its bytes.</summary>
internal static class Frame
{
    /// <summary>The length.</summary>
    public const int HeaderBytes = sizeof(int);

    /// <summary>The frame of a message.</summary>
    public static byte[] Of(IMessage message)
    {
        var size = message.CalculateSize();
        var frame = new byte[HeaderBytes + size];
        BinaryPrimitives.WriteInt32LittleEndian(frame, size);
        message.WriteTo(frame.AsSpan(HeaderBytes));
        return frame;
    }
}
