using System.Collections.Immutable;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// What a list of statements says about a key: the later wins, objects are merged, and a statement without a value (an
/// optional substitution of something that is not set) leaves what was there before.
/// </summary>
/// <param name="statements">In the order in which they count.</param>
/// <param name="evaluate">The value of a statement; null: none.</param>
/// <param name="count">Hears of each key that is looked for in an object that is made, and where that one was
/// written.</param>
internal sealed class Scope(
    IReadOnlyList<Statement> statements, Func<int, Resolved?> evaluate, Action<ImmutableArray<string>, Origin> count)
{
    private readonly Dictionary<int, Resolved?> _values = [];

    /// <summary>The value of a key after the first statements.</summary>
    /// <param name="path">The key; empty: everything.</param>
    /// <param name="before">How many statements count.</param>
    public Resolved? Find(ImmutableArray<string> path, int before)
    {
        var children = new SortedSet<string>(StringComparer.Ordinal);
        Origin? origin = null; // of the object, once something has made it one
        for (var i = before - 1; i >= 0; i--)
        {
            var statement = statements[i];
            var common = path.AsSpan().CommonPrefixLength(statement.Path.AsSpan());
            if (common == path.Length && common < statement.Path.Length)
            {
                origin ??= statement.Origin;
                children.Add(statement.Path[path.Length]);
            }
            else if (common == statement.Path.Length)
            {
                if (statement.Value is null)
                {
                    if (path.Length == statement.Path.Length) origin ??= statement.Origin;
                    continue;
                }
                if (Value(i) is not { } value) continue;
                var found = value is ResolvedObject inner
                    ? inner.Find(path.AsSpan()[statement.Path.Length..])
                    : path.Length == statement.Path.Length ? value : null;
                if (found is ResolvedObject part)
                {
                    origin ??= part.Origin;
                    children.UnionWith(part.Fields.Keys);
                }
                else if (found is not null && origin is null)
                {
                    return found;
                }
                if (value is not ResolvedObject || (found is not null and not ResolvedObject)) break;
            }
        }
        return origin is null ? null : Merge(path, before, children, origin.Value);
    }

    private ResolvedObject Merge(ImmutableArray<string> path, int before, SortedSet<string> children, Origin origin)
    {
        var fields = ImmutableSortedDictionary.CreateBuilder<string, Resolved>(StringComparer.Ordinal);
        foreach (var child in children)
        {
            var key = path.Add(child);
            count(key, origin);
            if (Find(key, before) is { } value) fields.Add(child, value);
        }
        return new ResolvedObject(fields.ToImmutable(), origin);
    }

    private Resolved? Value(int index)
    {
        if (!_values.TryGetValue(index, out var value)) _values[index] = value = evaluate(index);
        return value;
    }
}
