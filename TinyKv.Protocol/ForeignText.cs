namespace TinyKv.Protocol;

/// <summary>
/// Text that others have made up, on its way into logs, answers and the status: how long it is, and whether it begins new
/// lines there, would be theirs to decide.
/// </summary>
internal static class ForeignText
{
    private const string More = "...";

    /// <summary>The beginning of a text, on one line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="max">The most characters of it.</param>
    public static string Line(string text, int max = 200)
    {
        if (text.Length <= max && !text.Any(char.IsControl)) return text;
        var line = text.AsSpan(0, Math.Min(text.Length, max)).ToArray();
        for (var i = 0; i < line.Length; i++)
            if (char.IsControl(line[i])) line[i] = '?';
        return text.Length <= max ? new string(line) : string.Concat(line, More);
    }
}
