using System.Collections.Immutable;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// Reads HOCON into statements. Akka's own parser takes unclosed braces and strings, loses the lines, and does not end
/// when a key refers to itself; what it makes of a file that somebody got wrong is no setting that anybody wrote.
/// </summary>
internal sealed class Parser
{
    private const int MaxDepth = 32;
    private const int MaxKeyLength = 2048;

    // Far more than Akka and TinyKv together have: what a key is set to is looked for among all of them.
    private const int MaxSettings = 2000;

    private readonly Reader _text;
    private int _depth;

    private Parser(Reader text) => _text = text;

    /// <summary>Reads a text.</summary>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="text">HOCON.</param>
    /// <param name="isLine">It is one line, which has no number.</param>
    /// <exception cref="TinyKvException">It is malformed; names the line and the key.</exception>
    public static ImmutableArray<Statement> Parse(string source, string text, bool isLine = false) =>
        new Parser(new Reader(source, text, isLine)).File();

    private ImmutableArray<Statement> File()
    {
        var statements = ImmutableArray.CreateBuilder<Statement>();
        _text.SkipBetween();
        var (braces, opened) = (_text.Take("{"), _text.Origin);
        Fields(statements, new Place("", []));
        if (braces) Close("", "}", "{", opened);
        _text.SkipBetween();
        if (!_text.AtEnd) throw _text.Invalid($"'{_text.Next}' closes nothing");
        return statements.ToImmutable();
    }

    // Up to a closing brace or bracket, or the end.
    private void Fields(ImmutableArray<Statement>.Builder into, Place around)
    {
        for (Separate(around, first: true); !_text.AtEnd && _text.Next is not ('}' or ']'); Separate(around, first: false))
        {
            Field(into, around);
            if (into.Count > MaxSettings)
                throw Reader.Invalid(into[^1].Origin, $"{Full(around.Key, into[^1].Key)} is one too many: "
                    + $"a configuration, or an object in a list, has up to {MaxSettings} settings and sections");
        }
    }

    // There is one comma at most between two, and none before the first.
    private void Separate(Place around, bool first)
    {
        _text.SkipBetween();
        if (!first && _text.Take(",")) _text.SkipBetween();
        if (_text.Next == ',') throw _text.Invalid($"{In(around.Key)}there is nothing before the comma");
    }

    private void Field(ImmutableArray<Statement>.Builder into, Place around)
    {
        var origin = _text.Origin;
        var path = Path(around.Key);
        var place = around.Below(path);
        if (place.Key.Length > MaxKeyLength)
            throw Reader.Invalid(origin, $"{place.Key[..80]}... is too long for a key; it has up to {MaxKeyLength} characters");
        _text.TakeBlank();
        var append = _text.Take("+=");
        if (append && place.InList) throw Reader.Invalid(origin, $"{place.Key}: '+=' is not supported inside a list");
        if (!append && !_text.Take("=") && !_text.Take(":") && _text.Next != '{')
        {
            throw path is ["include"] && !_text.AtLineEnd
                ? _text.Invalid($"{In(around.Key)}'include' is not supported; write the settings of the other file into this one")
                : NoValue(place.Key, origin);
        }
        var value = Value(append ? Place.Item(place.Key) : place, origin);
        if (append) value = new Addition(new ListExpression([(value, origin)]));
        Assign(into, path, value, origin);
    }

    // "a { b = 1 }" and "a = ${c} { b = 1 }" are several statements: objects are merged, whatever they come from.
    private static void Assign(
        ImmutableArray<Statement>.Builder into, ImmutableArray<string> path, Expression value, Origin origin)
    {
        if (value is ObjectExpression inner)
        {
            into.Add(new Statement(path, Value: null, origin));
            foreach (var field in inner.Fields) into.Add(field with { Path = [.. path, .. field.Path] });
        }
        else if (value is Concatenation joined && joined.Parts.Any(part => part is ObjectExpression)
            && joined.Parts.All(part => part is ObjectExpression or Substitution or Blank))
        {
            foreach (var part in joined.Parts.Where(part => part is not Blank))
                Assign(into, path, part is Substitution named ? named with { OfObject = true } : part, origin);
        }
        else
        {
            into.Add(new Statement(path, value, origin));
        }
    }

    private ImmutableArray<string> Path(string scope)
    {
        var path = ImmutableArray.CreateBuilder<string>();
        do
        {
            if (_text.Next == '"') path.Add(_text.TakeQuoted(In(scope)));
            else if (_text.TakeWord(c => c == '.') is { Length: > 0 } part) path.Add(part);
            else throw _text.Invalid(path.Count == 0
                ? $"{In(scope)}'{_text.Next}' is no key"
                : $"{Full(scope, string.Join('.', path))}. is no key; a part is missing after the dot");
        }
        while (_text.Take("."));
        if (path.Count > MaxDepth) throw _text.Invalid($"{In(scope)}a key has too many parts; it has up to {MaxDepth}");
        return path.ToImmutable();
    }

    private Expression Value(Place place, Origin origin)
    {
        _text.TakeBlank();
        if (_text.AtLineEnd)
        {
            // A word on the next line is rather the next key.
            _text.SkipBetween();
            if (_text.AtEnd || _text.Next is not ('{' or '[' or '"')) throw NoValue(place.Key, origin);
        }
        var quoted = !_text.AtWord;
        var parts = Parts(place);
        while (parts.Count > 0 && parts[^1] is Blank) parts.RemoveAt(parts.Count - 1);
        if (!quoted && parts is [Literal { Text: "null" }])
            throw Reader.Invalid(origin, $"{place.Key}: null is not supported; leave the key out");
        return parts.Count switch
        {
            0 => throw NoValue(place.Key, origin),
            1 => parts[0],
            _ => new Concatenation([.. parts]),
        };
    }

    private List<Expression> Parts(Place place)
    {
        var key = place.Key;
        var parts = new List<Expression>();
        while (true)
        {
            if (_text.AtComment && parts.Count > 0 && parts[^1] is Literal or Substitution)
                throw _text.Invalid($"{key}: a comment begins within the value; write "
                    + (parts[^1] is Literal ? $"{key} = \"...\"" : $"{parts[^1]}\"...\"") + ", or a space before the comment");
            if (_text.AtLineEnd || _text.Next is ',' or '}' or ']') return parts;
            if (_text.TakeBlank() is { Length: > 0 } blank) parts.Add(new Blank(blank));
            else if (_text.AtWord) parts.Add(new Literal(_text.TakeWord()));
            else if (_text.Next == '"') parts.Add(new Literal(_text.TakeQuoted(In(key))));
            else if (_text.Next == '{') parts.Add(Object(place));
            else if (_text.Next == '[') parts.Add(List(place));
            else if (_text.Take("${")) parts.Add(Reference(key));
            else throw Misplaced(key, parts);
        }
    }

    private TinyKvException Misplaced(string key, List<Expression> parts) =>
        _text.Next is '=' or ':' or '+' && parts.Count > 1 && parts[0] is Literal && parts.Exists(part => part is Blank)
            ? _text.Invalid($"{key}: two settings on one line need a comma between them")
            : _text.Invalid($"{key}: a value with '{_text.Next}' needs quotes: {key} = \"...\"");

    private Substitution Reference(string key)
    {
        var optional = _text.Take("?");
        _text.TakeBlank();
        if (_text.AtLineEnd) throw _text.Invalid($"{key}: the line ends within a substitution");
        var path = Path(key);
        _text.TakeBlank();
        return _text.Take("}") ? new Substitution(path, optional)
            : throw _text.Invalid($"{key}: a substitution is written ${{NAME}} or ${{?NAME}}");
    }

    private ObjectExpression Object(Place place)
    {
        var opened = Open(place.Key, "{");
        var fields = ImmutableArray.CreateBuilder<Statement>();
        Fields(fields, place);
        Close(place.Key, "}", "{", opened);
        return new ObjectExpression(fields.ToImmutable());
    }

    private ListExpression List(Place place)
    {
        var opened = Open(place.Key, "[");
        var items = ImmutableArray.CreateBuilder<(Expression, Origin)>();
        for (Separate(place, first: true); !_text.AtEnd && _text.Next is not ('}' or ']'); Separate(place, first: false))
        {
            var origin = _text.Origin;
            items.Add((Value(Place.Item($"{place.Key}[{items.Count}]"), origin), origin));
        }
        Close(place.Key, "]", "[", opened);
        return new ListExpression(items.ToImmutable());
    }

    private Origin Open(string key, string opening)
    {
        if (++_depth > MaxDepth)
            throw _text.Invalid($"{In(key)}braces and brackets are nested too deeply; there are up to {MaxDepth}");
        var opened = _text.Origin;
        _text.Take(opening);
        return opened;
    }

    private void Close(string key, string closing, string opening, Origin opened)
    {
        _depth--;
        if (_text.AtEnd) throw Reader.Invalid(opened, $"{In(key)}'{opening}' is not closed; '{closing}' is missing");
        if (!_text.Take(closing))
            throw _text.Invalid(
                $"{In(key)}'{_text.Next}' does not close '{opening}'{(opened.Line == 0 ? "" : $" of line {opened.Line}")}");
    }

    private TinyKvException NoValue(string key, Origin origin) =>
        _text.AtLineEnd || _text.Next is ',' or '}' or ']' || _text.Origin != origin
            ? Reader.Invalid(origin, $"{key} has no value; write {key} = VALUE")
            : Reader.Invalid(origin, $"'=' is missing after {key}");

    private static string Full(string scope, string key) => scope.Length == 0 ? key : $"{scope}.{key}";

    private static string In(string scope) => scope.Length == 0 ? "" : $"{scope}: ";

    // Nothing refers into a list: what stands in one has a name for messages, but no path from the root.
    private readonly record struct Place(string Key, ImmutableArray<string> Path)
    {
        public bool InList => Path.IsDefault;

        public Place Below(ImmutableArray<string> path) =>
            new(Full(Key, string.Join('.', path)), InList ? Path : [.. Path, .. path]);

        public static Place Item(string key) => new(key, default);
    }
}
