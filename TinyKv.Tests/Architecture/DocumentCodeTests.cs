using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TinyKv.Tests.Architecture;

/// <summary>The programs in the documents. That they do what is said beside them is seen where the documents are run.</summary>
public sealed partial class DocumentCodeTests
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path))]);

    public static TheoryData<string, int> Programs
    {
        get
        {
            var programs = new TheoryData<string, int>();
            foreach (var document in Repository.Files(".md"))
                for (var i = 0; i < Program().Count(Repository.Read(document)); i++)
                    programs.Add(document, i);
            return programs;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_program_in_a_document_compiles(string document, int index)
    {
        var program = Program().Matches(Repository.Read(document))[index].Groups[1].Value;

        var compiled = CSharpCompilation.Create("program",
            [CSharpSyntaxTree.ParseText(ImplicitUsings), CSharpSyntaxTree.ParseText(program)], References.Value,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

        Assert.Empty(compiled.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error));
    }

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 5000)]
    private static partial Regex Program();
}
