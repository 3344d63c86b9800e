using Google.Protobuf;
using TinyKv.Core.Keys;

namespace TinyKv.Protocol.Raw;

/// <summary>
/// Counts what a reply takes on the wire, with the framing of every value, so that a reply that holds more than one
/// stays within <see cref="Limits.MaxReplyBytes"/>. It is counted before values are copied.
/// </summary>
public struct ReplySize
{
    // Each field of these messages has a number below 16, and so a tag of one byte.
    private const int TagBytes = 1;

    private bool _hasFirst;

    /// <summary>Counts from a message that will hold something else, too.</summary>
    /// <param name="otherBytes">What that takes at most.</param>
    public ReplySize(int otherBytes) => Bytes = otherBytes;

    /// <summary>How many bytes the reply has so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds a part, the first in any case; false when it does not fit.</summary>
    /// <param name="bytes">As <see cref="OfPair"/> or <see cref="OfMaybeValue"/> says.</param>
    public bool TryAdd(int bytes)
    {
        if (_hasFirst && Bytes + bytes > Limits.MaxReplyBytes) return false;
        (_hasFirst, Bytes) = (true, Bytes + bytes);
        return true;
    }

    /// <summary>What a pair takes as one of many, in both protocols.</summary>
    public static int OfPair(int keyBytes, int valueBytes) => OfMessage(OfBytes(keyBytes) + OfBytes(valueBytes));

    /// <summary>What a value that may be absent, then null, takes as one of many.</summary>
    public static int OfMaybeValue(int? valueBytes) =>
        OfMessage(valueBytes is { } length ? TagBytes + 1 + OfBytes(length) : 0);

    /// <summary>What a field of so many bytes takes; nothing when there are none.</summary>
    public static int OfBytes(int length) => length == 0 ? 0 : OfMessage(length);

    /// <summary>What a message of so many bytes takes as a field of another.</summary>
    internal static int OfMessage(int length) => TagBytes + CodedOutputStream.ComputeLengthSize(length) + length;
}
