using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace TinyKv.Host.Cli.Raw;

/// <summary>Whether bytes are text.</summary>
internal static class Utf8Text
{
    /// <summary>Where the first bytes are that are no character of UTF-8; negative when all are.</summary>
    public static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return -1;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var size) == OperationStatus.Done) at += size;
        return at;
    }
}
