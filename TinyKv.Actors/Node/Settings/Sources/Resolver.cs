using System.Collections.Immutable;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// Puts values in the place of substitutions, as HOCON says: a key of the configuration, else a variable of the
/// environment. A key that refers to itself means what it was set to before; any other circle is refused.
/// </summary>
internal sealed class Resolver
{
    // Far more than a configuration needs; what doubles at every step grows without bound otherwise.
    private const int MaxCharacters = 1 << 20;
    private const int MaxValues = 1 << 14;
    private const int MaxDepth = 32;
    private const string OfSeveralKinds =
        "puts a text, a list or an object next to a value of another kind; a comma may be missing";

    private readonly ImmutableArray<Statement> _statements;
    private readonly Func<string, Resolved?> _outside;
    private readonly Scope _root;
    private readonly Stack<int> _running = new();
    private int _characters;
    private int _values;

    private Resolver(ImmutableArray<Statement> statements, Func<string, Resolved?> outside)
    {
        (_statements, _outside) = (statements, outside);
        _root = new Scope(statements, Evaluate, (path, origin) =>
            CountValue(_running.Count > 0 ? Last : new Spot(string.Join('.', path), origin)));
    }

    /// <summary>What the statements say.</summary>
    /// <param name="statements">In the order in which they count.</param>
    /// <param name="outside">What a substitution means that no statement sets: a default, or a variable.</param>
    /// <exception cref="SettingException">A substitution has no value, goes in a circle, or repeats so much that it is
    /// no configuration any more.</exception>
    public static ResolvedObject Resolve(ImmutableArray<Statement> statements, Func<string, Resolved?> outside)
    {
        var resolver = new Resolver(statements, outside);
        var all = resolver._root.Find([], statements.Length) as ResolvedObject
            ?? new ResolvedObject(ImmutableSortedDictionary<string, Resolved>.Empty, default);
        resolver.CountAll(all);
        return all;
    }

    private Resolved? Evaluate(int index)
    {
        var statement = _statements[index];
        return Running(index, () => Evaluate(statement.Value!, new Spot(statement.Key, statement.Origin)));
    }

    private Resolved? Running(int index, Func<Resolved?> evaluate)
    {
        if (_running.Contains(index))
        {
            var way = _running.Reverse().Select(i => _statements[i].Key).Distinct();
            throw Last.Invalid($"refers to itself by way of {string.Join(", ", way)}");
        }
        if (_running.Count == MaxDepth) throw Last.Invalid($"refers to others that refer to others, more than {MaxDepth} deep");
        _running.Push(index);
        var value = evaluate();
        _running.Pop();
        return value;
    }

    private Resolved? Evaluate(Expression expression, Spot spot)
    {
        CountValue(spot);
        return expression switch
        {
            Literal literal => Text(literal.Text, spot),
            Blank blank => Text(blank.Text, spot),
            Substitution substitution => Substitute(substitution, spot),
            ListExpression list => new ResolvedList(
                [.. list.Items.Select((item, i) => Evaluate(item.Value, new Spot($"{spot.Key}[{i}]", item.Origin)))
                    .OfType<Resolved>()],
                spot.Origin),
            ObjectExpression inner => Inner(inner, spot),
            Concatenation joined => Join(joined.Parts, spot),
            Addition => Add(_running.Peek(), spot),
            _ => throw new InvalidOperationException($"no value is made of {expression}"),
        };
    }

    private ResolvedText Text(string text, Spot spot)
    {
        Count(text.Length, spot);
        return new ResolvedText(text, spot.Origin);
    }

    private void Count(int characters, Spot spot)
    {
        _characters += characters;
        if (_characters > MaxCharacters)
            throw spot.Invalid($"becomes too long with its substitutions; a configuration has up to {MaxCharacters} characters");
    }

    private void CountValue(Spot spot)
    {
        if (++_values > MaxValues)
            throw spot.Invalid(
                $"is one value too many; a configuration has up to {MaxValues}, with all that substitutions repeat");
    }

    // Lists that double are shared until somebody looks at all that is in them.
    private void CountAll(ResolvedObject all)
    {
        var origin = all.Origin;
        _values = 0;
        all.Visit("", (key, part) => CountValue(new Spot(key, origin = part.Origin == default ? origin : part.Origin)));
    }

    private Resolved? Substitute(Substitution wanted, Spot spot)
    {
        var self = _running.Peek();
        var statement = _statements[self];
        // What a key says of itself is what was said before.
        var before = IsPrefix(wanted.Path, statement.Path) || IsPrefix(statement.Path, wanted.Path)
            ? self : _statements.Length;
        var value = (_root.Find(wanted.Path, before) ?? _outside(wanted.Key)) is { } found
            ? Counted(found, spot) with { Origin = spot.Origin } : null;
        if (value is null && !wanted.Optional)
            throw spot.Invalid($"is {wanted}, and {wanted.Key} is set neither in the configuration nor in the environment");
        return value is null or ResolvedObject || !wanted.OfObject ? value : throw spot.Invalid(OfSeveralKinds);
    }

    // All that are added one after the other at once: each by itself would wait for the one before, and copy its list.
    private ResolvedList Add(int last, Spot spot)
    {
        var additions = new Stack<int>([last]);
        var path = _statements[last].Path;
        for (var i = last - 1; i >= 0; i--)
        {
            var (before, isSame) = (_statements[i], _statements[i].Path.SequenceEqual(path));
            if (isSame && before.Value is Addition) additions.Push(i);
            else if (isSame || IsPrefix(path, before.Path) || (before.Value is not null && IsPrefix(before.Path, path))) break;
        }
        var first = _statements[additions.Peek()];
        var items = ImmutableArray.CreateBuilder<Resolved>();
        if ((_root.Find(path, additions.Peek()) ?? _outside(first.Key)) is { } former)
        {
            var origin = new Spot(first.Key, first.Origin);
            items.AddRange(Counted(former, origin) is ResolvedList list ? list.Items : throw origin.Invalid(OfSeveralKinds));
        }
        foreach (var index in additions)
        {
            var addition = _statements[index];
            Resolved? Item() => Evaluate(((Addition)addition.Value!).Item, new Spot(addition.Key, addition.Origin));
            items.AddRange(((ResolvedList)(index == last ? Item() : Running(index, Item))!).Items);
        }
        return new ResolvedList(items.ToImmutable(), spot.Origin);
    }

    private Resolved Counted(Resolved value, Spot spot)
    {
        value.Visit("", (_, part) => Count(part is ResolvedText text ? text.Text.Length : 1, spot));
        return value;
    }

    // An object in a list has no key: nothing outside can refer into it.
    private Resolved Inner(ObjectExpression inner, Spot spot)
    {
        var scope = new Scope(inner.Fields, index => Evaluate(
            inner.Fields[index].Value!, new Spot($"{spot.Key}.{inner.Fields[index].Key}", inner.Fields[index].Origin)),
            (path, origin) => CountValue(new Spot($"{spot.Key}.{string.Join('.', path)}", origin)));
        return scope.Find([], inner.Fields.Length)
            ?? new ResolvedObject(ImmutableSortedDictionary<string, Resolved>.Empty, spot.Origin);
    }

    private Resolved? Join(ImmutableArray<Expression> parts, Spot spot)
    {
        var values = parts.Select(part => (part, value: Evaluate(part, spot))).ToList();
        var solid = values.Where(part => part.part is not Blank && part.value is not null)
            .Select(part => part.value!).ToList();
        if (solid.Count == 0) return null;
        if (solid.TrueForAll(value => value is ResolvedText))
            return Text(string.Concat(values.Select(part => (part.value as ResolvedText)?.Text)), spot);
        if (solid.TrueForAll(value => value is ResolvedList))
            return new ResolvedList([.. solid.SelectMany(value => ((ResolvedList)value).Items)], spot.Origin);
        if (solid.TrueForAll(value => value is ResolvedObject)) return Merge(solid, spot.Origin);
        throw spot.Invalid(OfSeveralKinds);
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

    private Spot Last => new(_statements[_running.Peek()].Key, _statements[_running.Peek()].Origin);

    /// <summary>What is evaluated: its name in messages, and where it was written.</summary>
    private readonly record struct Spot(string Key, Origin Origin)
    {
        public SettingException Invalid(string why) => new(Origin.ToString(), Key, why);
    }
}
