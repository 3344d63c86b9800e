using System.Globalization;
using System.Text;

namespace TinyKv.Testing.Ycsb;

/// <summary>The keys of YCSB's records (<c>insertorder=hashed</c>, <c>zeropadding=1</c>).</summary>
internal static class YcsbKeys
{
    private const ulong OffsetBasis = 0xCBF29CE484222325;
    private const ulong Prime = 1099511628211;

    /// <summary>The smallest of all keys, and what none reaches.</summary>
    public static (byte[] First, byte[] End) Range { get; } = ("user"u8.ToArray(), "uses"u8.ToArray());

    /// <summary>The key of a record.</summary>
    public static byte[] Of(long record) =>
        Encoding.ASCII.GetBytes("user" + Hash(record).ToString(CultureInfo.InvariantCulture));

    /// <summary>YCSB's <c>fnvhash64</c>: FNV-1a over eight octets from the lowest on, without the sign.</summary>
    public static long Hash(long number)
    {
        var hash = OffsetBasis;
        for (var i = 0; i < 8; i++)
        {
            hash = unchecked((hash ^ (ulong)(number & 0xFF)) * Prime);
            number >>= 8;
        }
        var signed = unchecked((long)hash);
        return signed == long.MinValue ? 0 : Math.Abs(signed);
    }
}
