using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace TinyKv.Simulation.Planted;

/// <summary>
/// Puts many bugs into the same sources: a body with bugs in it becomes a choice between its variants, made anew by every
/// call. So one compilation is enough for all of them, and code that is warm stays warm.
/// </summary>
internal static class Bodies
{
    /// <summary>The source of what chooses: the number of the bug, 0 for none.</summary>
    public const string Choice = """
        namespace TinyKv.Simulation.Planted
        {
            internal static class PlantedBugs { public static int Chosen; }
        }
        """;

    private const string Chosen = "global::TinyKv.Simulation.Planted.PlantedBugs.Chosen";

    /// <summary>The body that a place is in, or null: it is in none, so whoever has it cannot choose.</summary>
    public static CSharpSyntaxNode? Around(Place place)
    {
        var owner = place.Tree.GetRoot().FindNode(place.Span).AncestorsAndSelf().FirstOrDefault(IsOwner);
        CSharpSyntaxNode? body = owner switch
        {
            BaseMethodDeclarationSyntax method => method.Body ?? (CSharpSyntaxNode?)method.ExpressionBody,
            AccessorDeclarationSyntax accessor => accessor.Body ?? (CSharpSyntaxNode?)accessor.ExpressionBody,
            PropertyDeclarationSyntax property => property.ExpressionBody,
            IndexerDeclarationSyntax indexer => indexer.ExpressionBody,
            _ => null,
        };
        return body is not null && CodeOf(body) is not RefExpressionSyntax && CodeOf(body).Span.Contains(place.Span)
            ? body : null;
    }

    /// <summary>A body as a choice between what it is and what it is with each bug.</summary>
    /// <param name="body">One that <see cref="Around"/> has found.</param>
    /// <param name="bugs">The bugs in it, with their numbers.</param>
    /// <returns>The change of its file's text.</returns>
    public static TextChange Choose(CSharpSyntaxNode body, IEnumerable<(int Number, Place Place, string New)> bugs)
    {
        var code = CodeOf(body);
        var sound = code.ToString();
        var variants = bugs.Select(bug =>
        {
            var start = bug.Place.Span.Start - code.SpanStart;
            var text = sound.Remove(start, bug.Place.Span.Length).Insert(start, bug.New);
            return $"if ({Chosen} == {bug.Number}) {Block(body, text)} else ";
        });
        var choice = $"{{ {string.Concat(variants)}{Block(body, sound)} }}";
        // The semicolon behind an expression that is a body goes with it.
        var end = body is ArrowExpressionClauseSyntax ? body.GetLastToken().GetNextToken().Span.End : body.Span.End;
        return new TextChange(TextSpan.FromBounds(body.SpanStart, end),
            body.Parent is PropertyDeclarationSyntax or IndexerDeclarationSyntax ? $"{{ get {choice} }}" : choice);
    }

    private static bool IsOwner(SyntaxNode node) => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax
        or PropertyDeclarationSyntax { ExpressionBody: not null } or IndexerDeclarationSyntax { ExpressionBody: not null };

    private static CSharpSyntaxNode CodeOf(CSharpSyntaxNode body) =>
        body is ArrowExpressionClauseSyntax arrow ? arrow.Expression : body;

    private static string Block(CSharpSyntaxNode body, string code)
    {
        if (body is not ArrowExpressionClauseSyntax) return code;
        var throws = code.StartsWith("throw ", StringComparison.Ordinal);
        return $"{{ {(!throws && Returns(body.Parent!) ? "return " : "")}{code}; }}";
    }

    private static bool Returns(SyntaxNode owner) => owner switch
    {
        MethodDeclarationSyntax method => method.ReturnType.ToString() is var type && type != "void"
            && !(type is "Task" or "ValueTask" && method.Modifiers.Any(SyntaxKind.AsyncKeyword)),
        ConstructorDeclarationSyntax or DestructorDeclarationSyntax => false,
        AccessorDeclarationSyntax accessor => accessor.IsKind(SyntaxKind.GetAccessorDeclaration),
        _ => true,
    };
}
