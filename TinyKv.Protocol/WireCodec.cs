using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using TinyKv.Core.Raft;

namespace TinyKv.Protocol;

/// <summary>Parsing and checking that all decoders share.</summary>
internal static class WireCodec
{
    /// <summary>A view of bytes that nobody writes to any more; does not copy.</summary>
    public static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    /// <summary>Parses one message, and reports whatever is wrong in the one typed way.</summary>
    public static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new MalformedMessageException($"not a {typeof(T).Name}: {e.Message}", e);
        }
    }

    /// <summary>As <see cref="Parse"/>, for a message whose type is known only when it arrives.</summary>
    public static IMessage ParseAny(MessageParser parser, byte[] bytes)
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new MalformedMessageException($"not the message that its manifest names: {e.Message}", e);
        }
    }

    /// <summary>Requires what a well-formed message fulfils.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition) throw new MalformedMessageException(message);
    }

    /// <summary>Requires an index, term or round within <see cref="RaftLimits"/>.</summary>
    public static long Count(long value, string name)
    {
        if (!RaftLimits.Allow(value)) throw new MalformedMessageException($"{name} is impossible: {value}");
        return value;
    }
}
