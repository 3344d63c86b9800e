using System.Buffers.Binary;
using System.Text;

namespace TinyKv.Persistence.Journal;

/// <summary>
/// Keys of events: the persistence id in UTF-8, a zero byte, the sequence number in eight bytes, big-endian.
/// They order by sequence number within an id, and no id's keys lie between those of another.
/// </summary>
internal static class JournalKeys
{
    /// <summary>The key of one event.</summary>
    /// <exception cref="ArgumentException">The id contains the character that ends it in a key.</exception>
    public static byte[] Event(string persistenceId, long sequenceNumber)
    {
        if (persistenceId.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("a persistence id must not contain a zero character");
        var length = Encoding.UTF8.GetByteCount(persistenceId);
        var key = new byte[length + 1 + sizeof(long)];
        Encoding.UTF8.GetBytes(persistenceId, key);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(length + 1), sequenceNumber);
        return key;
    }

    /// <summary>The first key after event number <paramref name="sequenceNumber"/>.</summary>
    public static byte[] After(string persistenceId, long sequenceNumber)
    {
        if (sequenceNumber < long.MaxValue) return Event(persistenceId, sequenceNumber + 1);
        // No key has the id and then a one, not even those of an id that continues so: theirs are longer.
        var key = Event(persistenceId, sequenceNumber)[..^sizeof(long)];
        key[^1] = 1;
        return key;
    }

    /// <summary>The sequence number in a key.</summary>
    public static long SequenceNumber(ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);
}
