using System.Collections.Immutable;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// One assignment. Nested objects are written out: <c>a { b = 1 }</c> is "a is an object" and then <c>a.b = 1</c>, so that
/// "later wins" and "what was there before" are questions about the order of a list.
/// </summary>
/// <param name="Path">The key's parts, from the root, or from the object it stands in inside of a list.</param>
/// <param name="Value">What it is set to; null: it is an object, and its fields follow.</param>
/// <param name="Origin">Where it was written.</param>
internal sealed record Statement(ImmutableArray<string> Path, Expression? Value, Origin Origin)
{
    /// <summary>The key with dots.</summary>
    public string Key => string.Join('.', Path);
}

/// <summary>A value as it was written.</summary>
internal abstract record Expression;

/// <summary>A text, number or word; the type is a question of who reads it.</summary>
internal sealed record Literal(string Text) : Expression;

/// <summary>The space between two parts of a value; it counts between texts only.</summary>
internal sealed record Blank(string Text) : Expression;

/// <summary><c>${key}</c>, or with <paramref name="Optional"/> <c>${?key}</c>.</summary>
internal sealed record Substitution(ImmutableArray<string> Path, bool Optional) : Expression
{
    /// <summary>Whether it stands next to an object, so that it has to be one.</summary>
    public bool OfObject { get; init; }

    /// <summary>The key with dots, which is also the name of the variable.</summary>
    public string Key => string.Join('.', Path);

    /// <inheritdoc/>
    public override string ToString() => Optional ? $"${{?{Key}}}" : $"${{{Key}}}";
}

/// <summary><c>[ … ]</c>.</summary>
internal sealed record ListExpression(ImmutableArray<(Expression Value, Origin Origin)> Items) : Expression;

/// <summary><c>+= …</c>: what the key was set to before, which is a list or nothing, and an item more.</summary>
internal sealed record Addition(ListExpression Item) : Expression;

/// <summary><c>{ … }</c> inside of a list.</summary>
internal sealed record ObjectExpression(ImmutableArray<Statement> Fields) : Expression;

/// <summary>Values next to each other: texts become one text, lists one list.</summary>
internal sealed record Concatenation(ImmutableArray<Expression> Parts) : Expression;
