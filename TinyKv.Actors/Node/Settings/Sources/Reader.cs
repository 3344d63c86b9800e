using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>A text with a place in it, and the lines of that place.</summary>
internal sealed class Reader(string source, string text, bool isLine)
{
    // What HOCON wants in quotes, but for '+', which it takes from "+=" only here.
    private const string NeedQuotes = "$\"{}[]:=,#`^?!@*&\\";

    private int _at = text.StartsWith('\uFEFF') ? 1 : 0;

    /// <summary>The line of the place, from 1 on.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Where the place is.</summary>
    public Origin Origin => new(source, isLine ? 0 : Line);

    /// <summary>The next character; NUL at the end.</summary>
    public char Next => _at < text.Length ? text[_at] : '\0';

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd => _at >= text.Length;

    /// <summary>Whether a comment begins here.</summary>
    public bool AtComment => Next == '#' || At("//");

    /// <summary>Whether this line ends here, but for a comment.</summary>
    public bool AtLineEnd => AtEnd || Next == '\n' || AtComment;

    /// <summary>Whether an unquoted text can begin or continue here.</summary>
    public bool AtWord => !AtEnd && !AtComment && !At("+=")
        && !char.IsWhiteSpace(Next) && !NeedQuotes.Contains(Next, StringComparison.Ordinal);

    /// <summary>Whether these characters follow.</summary>
    public bool At(string expected) => string.CompareOrdinal(text, _at, expected, 0, expected.Length) == 0;

    /// <summary>Takes these characters if they follow.</summary>
    public bool Take(string expected)
    {
        if (!At(expected)) return false;
        _at += expected.Length;
        return true;
    }

    /// <summary>Takes the space up to the end of the line.</summary>
    public string TakeBlank()
    {
        var start = _at;
        while (!AtEnd && Next != '\n' && char.IsWhiteSpace(Next)) _at++;
        return text[start.._at];
    }

    /// <summary>Takes space, lines and comments.</summary>
    public void SkipBetween()
    {
        while (!AtEnd)
        {
            if (AtComment) SkipComment();
            else if (Next == '\n') NextLine();
            else if (char.IsWhiteSpace(Next)) _at++;
            else return;
        }
    }

    /// <summary>Takes an unquoted text.</summary>
    public string TakeWord(Func<char, bool>? stop = null)
    {
        var start = _at;
        while (AtWord && stop?.Invoke(Next) != true)
        {
            if (char.IsControl(Next)) throw Invalid("this is not a text file");
            _at++;
        }
        return text[start.._at];
    }

    /// <summary>Takes a text in quotes.</summary>
    /// <param name="of">Whose it is, as messages begin: "key: ".</param>
    public string TakeQuoted(string of) => Take("\"\"\"") ? TakeTripleQuoted(of) : TakeEscaped(of);

    /// <summary>Refuses the text.</summary>
    public TinyKvException Invalid(string what) => Invalid(Origin, what);

    /// <summary>Refuses the text for what began at another place.</summary>
    public static TinyKvException Invalid(Origin origin, string what) => new($"{origin}: {what}");

    private void NextLine()
    {
        _at++;
        Line++;
    }

    private void SkipComment()
    {
        while (!AtEnd && Next != '\n') _at++;
    }

    // Quotes beyond the closing three belong to the text.
    private string TakeTripleQuoted(string of)
    {
        var (start, opened) = (_at, Origin);
        while (!At("\"\"\"") || (_at + 3 < text.Length && text[_at + 3] == '"'))
        {
            if (AtEnd) throw Invalid(opened, $"{of}the string is not closed; '\"\"\"' is missing at its end");
            if (Next == '\n') Line++;
            _at++;
        }
        _at += 3;
        return text[start..(_at - 3)];
    }

    private string TakeEscaped(string of)
    {
        _at++;
        var taken = new System.Text.StringBuilder();
        while (Next != '"')
        {
            if (AtEnd || Next == '\n') throw NotClosed(of);
            taken.Append(Next == '\\' ? TakeEscape(of) : Next);
            _at++;
        }
        _at++;
        return taken.ToString();
    }

    private char TakeEscape(string of)
    {
        _at++;
        switch (Next)
        {
            case '"' or '\\' or '/': return Next;
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'u' when _at + 4 < text.Length && ushort.TryParse(text.AsSpan(_at + 1, 4),
                System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code):
                _at += 4;
                return (char)code;
            case '\n' or '\0': throw NotClosed(of);
            default:
                throw Invalid($"{of}\\{Next} means nothing in a string; a backslash is written \\\\, "
                    + "or the whole string in \"\"\"three quotes\"\"\"");
        }
    }

    private TinyKvException NotClosed(string of) =>
        Invalid($"{of}the string is not closed; '\"' is missing at the end of the line");
}
