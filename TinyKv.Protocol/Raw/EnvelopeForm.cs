using System.Buffers;

namespace TinyKv.Protocol.Raw;

/// <summary>What can be seen of a message of many requests before it is parsed: parsed, it may take a hundred times its
/// bytes.</summary>
public static class EnvelopeForm
{
    /// <summary>Why the message is beyond <see cref="EnvelopeLimits"/>; null when it is not.</summary>
    /// <exception cref="MalformedMessageException">It cannot be told; its parser would perhaps go on where this
    /// stops.</exception>
    public static string? WhyBeyondLimits(ReadOnlySequence<byte> message)
    {
        var reader = new SequenceReader<byte>(message);
        var fields = 0;
        while (!reader.End)
        {
            SkipField(ref reader);
            if (++fields > EnvelopeLimits.MaxRequests)
                return $"a message holds more than {EnvelopeLimits.MaxRequests} requests";
            if (fields > 1 && message.Length > EnvelopeLimits.MaxBytes)
            {
                return $"a message of more than one request has {message.Length} bytes, "
                    + $"more than {EnvelopeLimits.MaxBytes}";
            }
        }
        return null;
    }

    /// <summary>Whether the message has more than so many requests or replies.</summary>
    /// <exception cref="MalformedMessageException">It cannot be told.</exception>
    public static bool HasMoreThan(int parts, ReadOnlySequence<byte> message)
    {
        var reader = new SequenceReader<byte>(message);
        var fields = 0;
        for (; fields <= parts && !reader.End; fields++) SkipField(ref reader);
        return fields > parts;
    }

    private static void SkipField(ref SequenceReader<byte> reader)
    {
        switch ((FieldKind)(Varint(ref reader) & 7))
        {
            case FieldKind.Varint: Varint(ref reader); break;
            case FieldKind.Fixed64: Skip(ref reader, sizeof(ulong)); break;
            case FieldKind.Fixed32: Skip(ref reader, sizeof(uint)); break;
            case FieldKind.Bytes: Skip(ref reader, Varint(ref reader)); break;
            // Groups, which no message of ours has, hold further fields.
            default: throw new MalformedMessageException("a message holds a field of a kind that it cannot have");
        }
    }

    private static void Skip(ref SequenceReader<byte> reader, ulong bytes)
    {
        if (bytes > (ulong)reader.Remaining)
            throw new MalformedMessageException($"a field of {bytes} bytes does not fit its message");
        reader.Advance((long)bytes);
    }

    private static ulong Varint(ref SequenceReader<byte> reader)
    {
        var value = 0ul;
        for (var shift = 0; shift < 70 && reader.TryRead(out var next); shift += 7)
        {
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new MalformedMessageException("a number does not end");
    }
}
