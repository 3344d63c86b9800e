namespace TinyKv.Protocol.Raw;

/// <summary>
/// Counts what goes into a message of many requests or replies, so that it stays within <see cref="EnvelopeLimits"/>: one
/// goes in however large it is.
/// </summary>
public struct EnvelopePacker
{
    /// <summary>How many are in it.</summary>
    public int Count { get; private set; }

    /// <summary>What they take on the wire, with their framing.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds one, the first in any case; false when it must go into the next message.</summary>
    /// <param name="bytes">The size of a numbered request or reply.</param>
    public bool TryAdd(int bytes)
    {
        var framed = ReplySize.OfMessage(bytes);
        if (Count > 0 && (Count == EnvelopeLimits.MaxRequests || Bytes + framed > EnvelopeLimits.MaxBytes)) return false;
        (Count, Bytes) = (Count + 1, Bytes + framed);
        return true;
    }
}
