namespace TinyKv.Testing.Ycsb;

/// <summary>The values of YCSB's records: ten fields of a hundred random bytes, one after the other.</summary>
internal static class YcsbRecords
{
    /// <summary>The length of a field.</summary>
    public const int FieldBytes = 100;

    /// <summary>How many fields a record has.</summary>
    public const int Fields = 10;

    // Drawn once: random bytes cost more than what is measured.
    private static readonly byte[] Noise = Draw(1024 * 1024);

    /// <summary>A record with other bytes in all fields.</summary>
    public static byte[] New(Random random) => Slice(random, Fields * FieldBytes).ToArray();

    /// <summary>A copy of a record with other bytes in one field.</summary>
    public static byte[] WithNewField(ReadOnlySpan<byte> record, Random random)
    {
        var changed = record.ToArray();
        var field = random.Next(Fields);
        Slice(random, FieldBytes).CopyTo(changed.AsSpan(field * FieldBytes, FieldBytes));
        return changed;
    }

    private static ReadOnlySpan<byte> Slice(Random random, int length) =>
        Noise.AsSpan(random.Next(Noise.Length - length), length);

    private static byte[] Draw(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
