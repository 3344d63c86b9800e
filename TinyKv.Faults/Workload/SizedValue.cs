using TinyKv.Testing.Linearizability;

namespace TinyKv.Faults.Workload;

/// <summary>Values whose numbers end with their sizes: who expects a value knows all its bytes.</summary>
internal static class SizedValue
{
    private const int Sizes = 100_000;

    /// <summary>The number of a value.</summary>
    /// <param name="count">How many there were before; no other value has the same.</param>
    /// <param name="size">How long it is to be: less than 100,000 bytes.</param>
    public static long Number(long count, int size) => count * Sizes + Math.Max(size, ValueText.MinSize);

    /// <summary>The bytes of a value.</summary>
    public static byte[] Encode(long value) => ValueText.Encode(value, (int)(value % Sizes));

    /// <summary>The bytes of a value, or none.</summary>
    public static byte[]? Encode(long? value) => value is { } known ? Encode(known) : null;

    /// <summary>The number; one that was never written when a byte of it is missing or wrong.</summary>
    public static long Decode(ReadOnlySpan<byte> bytes)
    {
        var value = ValueText.Decode(bytes);
        return value % Sizes == bytes.Length ? value : long.MaxValue;
    }

    /// <summary>The number of a value, or none.</summary>
    public static long? Decode(byte[]? bytes) => bytes is null ? null : Decode(bytes.AsSpan());
}
