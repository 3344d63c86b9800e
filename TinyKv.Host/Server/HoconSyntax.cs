using TinyKv.Core;

namespace TinyKv.Host.Server;

/// <summary>
/// Finds what the HOCON parser lets pass: it takes an unclosed brace, an unclosed string or two assignments
/// on one line without a word, and a setting that somebody wrote is then silently not in force.
/// </summary>
internal sealed class HoconSyntax
{
    private readonly string _file;
    private readonly string _text;
    private readonly Stack<(char Opening, int Line)> _open = new();
    private int _at;
    private int _line = 1;
    private bool _assigned;

    private HoconSyntax(string file, string text) => (_file, _text) = (file, text);

    /// <summary>Checks a file's text.</summary>
    /// <exception cref="TinyKvException">Names the file, the line and what is wrong.</exception>
    public static void Check(string file, string text) => new HoconSyntax(file, text).Scan();

    private void Scan()
    {
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c == '\n') NextLine();
            else if (c == '#' || Ahead("//")) SkipComment();
            else if (c == '"') SkipString();
            else if (c is '{' or '[') Open(c);
            else if (c is '}' or ']') Close(c);
            else if (c == '=') Assign();
            else if (c == ',') _assigned = false;
            else if (char.IsControl(c) && !char.IsWhiteSpace(c))
                throw Wrong(_line, "this is not a text file");
            _at++;
        }
        if (_open.TryPop(out var unclosed))
            throw Wrong(unclosed.Line, $"'{unclosed.Opening}' is not closed");
    }

    private void NextLine()
    {
        _line++;
        _assigned = false;
    }

    private void SkipComment()
    {
        while (_at + 1 < _text.Length && _text[_at + 1] != '\n') _at++;
    }

    private void SkipString()
    {
        var start = _line;
        var quote = Ahead("\"\"\"") ? "\"\"\"" : "\"";
        _at += quote.Length;
        while (!Ahead(quote))
        {
            if (_at >= _text.Length || (_text[_at] == '\n' && quote.Length == 1))
                throw Wrong(start, "the string is not closed");
            if (_text[_at] == '\n') _line++;
            _at += _text[_at] == '\\' && quote.Length == 1 ? 2 : 1;
        }
        _at += quote.Length - 1;
    }

    private void Open(char opening)
    {
        _open.Push((opening, _line));
        _assigned = false;
    }

    private void Close(char closing)
    {
        var opening = closing == '}' ? '{' : '[';
        if (!_open.TryPop(out var last)) throw Wrong(_line, $"'{closing}' closes nothing");
        if (last.Opening != opening)
            throw Wrong(_line, $"'{closing}' does not close '{last.Opening}' of line {last.Line}");
        _assigned = false;
    }

    private void Assign()
    {
        if (_assigned) throw Wrong(_line, "two settings on one line need a comma between them");
        _assigned = true;
    }

    private bool Ahead(string expected) =>
        string.CompareOrdinal(_text, _at, expected, 0, expected.Length) == 0;

    private TinyKvException Wrong(int line, string what) => new($"{_file}, line {line}: {what}");
}
