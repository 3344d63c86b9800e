using System.Collections.Immutable;
using TinyKv.Core;

namespace TinyKv.Actors.Settings.Sources;

/// <summary>
/// Puts values in the place of substitutions, as HOCON says: a key of the configuration, else a variable of the
/// environment. A key that refers to itself means what it was set to before; any other circle is refused.
/// </summary>
internal sealed class Resolver
{
    // Far more than a configuration needs; texts that double at every step grow without bound otherwise.
    private const int MaxCharacters = 1 << 20;
    private const int MaxDepth = 32;

    private readonly ImmutableArray<Statement> _statements;
    private readonly Func<string, string?> _outside;
    private readonly Scope _root;
    private readonly Stack<int> _running = new();
    private int _characters;

    private Resolver(ImmutableArray<Statement> statements, Func<string, string?> outside)
    {
        (_statements, _outside) = (statements, outside);
        _root = new Scope(statements, Evaluate);
    }

    /// <summary>What the statements say.</summary>
    /// <param name="statements">In the order in which they count.</param>
    /// <param name="outside">What a substitution means that no statement sets: a default, or a variable.</param>
    /// <exception cref="SettingException">A substitution has no value, or goes in a circle.</exception>
    public static ResolvedObject Resolve(ImmutableArray<Statement> statements, Func<string, string?> outside) =>
        new Resolver(statements, outside)._root.Find([], statements.Length) as ResolvedObject
            ?? new ResolvedObject(ImmutableSortedDictionary<string, Resolved>.Empty, default);

    private Resolved? Evaluate(int index)
    {
        if (_running.Contains(index))
        {
            var way = _running.Reverse().Select(i => _statements[i].Key).Distinct();
            throw Wrong($"refers to itself by way of {string.Join(", ", way)}");
        }
        if (_running.Count == MaxDepth) throw Wrong("refers to others that refer to others, too many times");
        _running.Push(index);
        var value = Evaluate(_statements[index].Value!, _statements[index].Origin);
        _running.Pop();
        return value;
    }

    private Resolved? Evaluate(Expression expression, Origin origin) => expression switch
    {
        Literal literal => Text(literal.Text, origin),
        Blank blank => Text(blank.Text, origin),
        Substitution substitution => Substitute(substitution),
        ListExpression list => new ResolvedList(
            [.. list.Items.Select(item => Evaluate(item, origin)).OfType<Resolved>()], origin),
        ObjectExpression inner => Inner(inner),
        Concatenation joined => Join(joined.Parts, origin),
        _ => throw new InvalidOperationException($"no value is made of {expression}"),
    };

    private ResolvedText Text(string text, Origin origin)
    {
        _characters += text.Length;
        return _characters <= MaxCharacters ? new ResolvedText(text, origin)
            : throw Wrong($"becomes too long with its substitutions; a configuration has up to {MaxCharacters} characters");
    }

    private Resolved? Substitute(Substitution wanted)
    {
        var self = _running.Peek();
        var statement = _statements[self];
        // What a key says of itself is what was said before.
        var before = IsPrefix(wanted.Path, statement.Path) || IsPrefix(statement.Path, wanted.Path)
            ? self : _statements.Length;
        Resolved? value = _root.Find(wanted.Path, before) is { } found ? Counted(found) with { Origin = statement.Origin }
            : _outside(wanted.Key) is { } text ? Text(text, statement.Origin) : null;
        return value is not null || wanted.Optional ? value : throw Wrong(
            $"is {wanted}, and {wanted.Key} is set neither in the configuration nor in the environment");
    }

    private Resolved Counted(Resolved value)
    {
        value.Visit("", (_, part) =>
        {
            _characters += part is ResolvedText text ? text.Text.Length : 1;
            if (_characters > MaxCharacters) Text("", default);
        });
        return value;
    }

    // An object in a list has no key: nothing outside can refer into it.
    private Resolved Inner(ObjectExpression inner)
    {
        var scope = new Scope(inner.Fields, index => Evaluate(inner.Fields[index].Value!, inner.Fields[index].Origin));
        return scope.Find([], inner.Fields.Length)
            ?? new ResolvedObject(ImmutableSortedDictionary<string, Resolved>.Empty, _statements[_running.Peek()].Origin);
    }

    private Resolved? Join(ImmutableArray<Expression> parts, Origin origin)
    {
        var values = parts.Select(part => (part, value: Evaluate(part, origin))).ToList();
        var solid = values.Where(part => part.part is not Blank && part.value is not null)
            .Select(part => part.value!).ToList();
        if (solid.Count == 0) return null;
        if (solid.All(value => value is ResolvedText))
            return Text(string.Concat(values.Select(part => (part.value as ResolvedText)?.Text)), origin);
        if (solid.All(value => value is ResolvedList))
            return new ResolvedList([.. solid.SelectMany(value => ((ResolvedList)value).Items)], origin);
        if (solid.All(value => value is ResolvedObject)) return Merge(solid, origin);
        throw Wrong("puts a text, a list or an object next to a value of another kind; a comma may be missing");
    }

    private static ResolvedObject Merge(IEnumerable<Resolved> objects, Origin origin) => objects
        .Cast<ResolvedObject>().Aggregate((all, next) => Merge(all, next, origin));

    private static ResolvedObject Merge(ResolvedObject one, ResolvedObject other, Origin origin)
    {
        var fields = one.Fields.ToBuilder();
        foreach (var (name, value) in other.Fields)
        {
            fields[name] = value is ResolvedObject later && fields.GetValueOrDefault(name) is ResolvedObject former
                ? Merge(former, later, origin) : value;
        }
        return new ResolvedObject(fields.ToImmutable(), origin);
    }

    private static bool IsPrefix(ImmutableArray<string> start, ImmutableArray<string> path) =>
        start.Length <= path.Length && path.AsSpan()[..start.Length].SequenceEqual(start.AsSpan());

    private SettingException Wrong(string why)
    {
        var statement = _statements[_running.Peek()];
        return new SettingException(statement.Origin.ToString(), statement.Key, why);
    }
}
