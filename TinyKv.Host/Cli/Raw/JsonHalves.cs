using System.Buffers.Text;

namespace TinyKv.Host.Cli.Raw;

/// <summary>Halves of surrogate pairs in the text of JSON: <c>\ud83d</c> without its other half is no character, and has
/// no bytes.</summary>
internal static class JsonHalves
{
    // A backslash, the u and four digits.
    private const int EscapeBytes = 6;

    /// <summary>Where the first half without its other half begins; negative when there is none.</summary>
    public static int IndexOf(ReadOnlySpan<byte> json)
    {
        for (var at = 0; at < json.Length; at++)
        {
            if (json[at] != '\\') continue;
            switch (UnitAt(json, at))
            {
                case { } high when char.IsHighSurrogate(high):
                    if (UnitAt(json, at + EscapeBytes) is not { } other || !char.IsLowSurrogate(other)) return at;
                    at += 2 * EscapeBytes - 1;
                    break;
                case { } low when char.IsLowSurrogate(low): return at;
                default: at++; break;       // what is escaped may be a backslash
            }
        }
        return -1;
    }

    /// <summary>The escape that begins at a place.</summary>
    public static string EscapeAt(ReadOnlySpan<byte> json, int at) =>
        System.Text.Encoding.ASCII.GetString(json.Slice(at, EscapeBytes));

    private static char? UnitAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeBytes <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out var digits, 'x') && digits == 4
            ? (char)unit : null;
}
