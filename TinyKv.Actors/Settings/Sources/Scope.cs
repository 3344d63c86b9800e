using System.Collections.Immutable;

namespace TinyKv.Actors.Settings.Sources;

/// <summary>
/// What a list of statements says about a key: the later wins, objects are merged, and a statement without a value (an
/// optional substitution of something that is not set) leaves what was there before.
/// </summary>
/// <param name="statements">In the order in which they count.</param>
/// <param name="evaluate">The value of a statement; null: none.</param>
internal sealed class Scope(IReadOnlyList<Statement> statements, Func<int, Resolved?> evaluate)
{
    private readonly Dictionary<int, Resolved?> _values = [];

    /// <summary>The value of a key after the first statements.</summary>
    /// <param name="path">The key; empty: everything.</param>
    /// <param name="count">How many statements count.</param>
    public Resolved? Find(ImmutableArray<string> path, int count)
    {
        var children = new SortedSet<string>(StringComparer.Ordinal);
        Origin? origin = null; // of the object, once something has made it one
        for (var i = count - 1; i >= 0; i--)
        {
            var statement = statements[i];
            if (IsBelow(statement.Path, path))
            {
                origin ??= statement.Origin;
                children.Add(statement.Path[path.Length]);
            }
            else if (IsBelow(path, statement.Path) || path.SequenceEqual(statement.Path))
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
        return origin is null ? null : Merge(path, count, children, origin.Value);
    }

    private ResolvedObject Merge(ImmutableArray<string> path, int count, SortedSet<string> children, Origin origin)
    {
        var fields = ImmutableSortedDictionary.CreateBuilder<string, Resolved>(StringComparer.Ordinal);
        foreach (var child in children)
            if (Find(path.Add(child), count) is { } value) fields.Add(child, value);
        return new ResolvedObject(fields.ToImmutable(), origin);
    }

    private Resolved? Value(int index)
    {
        if (!_values.TryGetValue(index, out var value)) _values[index] = value = evaluate(index);
        return value;
    }

    private static bool IsBelow(ImmutableArray<string> path, ImmutableArray<string> above) =>
        path.Length > above.Length && path.AsSpan()[..above.Length].SequenceEqual(above.AsSpan());
}
