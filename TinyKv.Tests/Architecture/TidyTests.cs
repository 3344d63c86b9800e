using System.Text.RegularExpressions;

namespace TinyKv.Tests.Architecture;

/// <summary>House rules that are cheap to count.</summary>
public sealed partial class TidyTests
{
    private const int MaxFileLines = 500;
    private const int MaxColumns = 130;

    private static readonly (string Pattern, string Reason, Func<string, bool> Applies)[] Banned =
    [
        (@"\bDeferAsync\b", "a batch of deferred items alone breaks SQL journals", IsProduct),
        (@"\bThread\.Sleep\b|\.GetAwaiter\(\)\.GetResult\(\)|\.Wait\(\)", "only what touches a disk or ends the process blocks",
            path => IsProduct(path) && !path.StartsWith("TinyKv.Persistence/", StringComparison.Ordinal)
                && path is not ("TinyKv.Server/Exit/ExitDeadline.cs" or "TinyKv.Host/Cli/Server/ServerProcess.cs")),
        (@"\.Ask<|\.Ask\(", "actors Tell; asking is for the edge",
            path => IsProduct(path) && !path.StartsWith("TinyKv.Actors/Requests/", StringComparison.Ordinal)
                && !path.StartsWith("TinyKv.Actors/Placement/", StringComparison.Ordinal)
                && path is not ("TinyKv.Actors/Regions/LeaderSearch.cs" or "TinyKv.Actors/Regions/LeadershipHandOver.cs")
                && !path.StartsWith("TinyKv.Actors/Node/StoreNode", StringComparison.Ordinal)
                && !path.StartsWith("TinyKv.Client/", StringComparison.Ordinal)
                && !path.StartsWith("samples/", StringComparison.Ordinal)),
        (@"\bTODO\b|\bFIXME\b|\bHACK\b|\bTBD\b", "unfinished work belongs in the tracker",
            path => !path.EndsWith("TidyTests.cs", StringComparison.Ordinal)),
        (@"^\s*#region", "files are small enough without", _ => true),
        (@"\bNotImplementedException\b|\bNotSupportedException\(\)", "a stub", IsProduct),
    ];

    private static bool IsProduct(string path) => !path.StartsWith("TinyKv.Tests/", StringComparison.Ordinal)
        && !path.StartsWith("TinyKv.Simulation/", StringComparison.Ordinal);

    [Fact]
    public void No_source_file_is_longer_than_500_lines() => Assert.Empty(Repository.Files(".cs")
        .Select(file => (file, lines: Repository.Read(file).Count(c => c == '\n')))
        .Where(file => file.lines > MaxFileLines));

    [Fact]
    public void No_line_is_wider_than_130_columns() => Assert.Empty(Lines()
        .Where(line => line.Text.Length > MaxColumns).Select(line => line.Where));

    [Fact]
    public void Nothing_banned_is_used()
    {
        var rules = Banned.Select(rule =>
            (Regex: new Regex(rule.Pattern, RegexOptions.None, TimeSpan.FromSeconds(5)), rule.Reason, rule.Applies));
        Assert.Empty(Lines().Where(line => !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => rules.Where(rule => rule.Applies(line.File) && rule.Regex.IsMatch(line.Text))
                .Select(rule => $"{line.Where}: {rule.Reason}")));
    }

    [Fact]
    public void Actors_share_no_mutable_static_state() => Assert.Empty(Lines()
        .Where(line => line.File.StartsWith("TinyKv.Actors/", StringComparison.Ordinal)
            && MutableStatic().IsMatch(line.Text))
        .Select(line => line.Where));

    private static IEnumerable<(string File, string Where, string Text)> Lines() =>
        from file in Repository.Files(".cs")
        from line in Repository.Read(file).Split('\n').Select((text, index) => (text, number: index + 1))
        select (file, $"{file}:{line.number}", line.text);

    [GeneratedRegex(
        @"^\s*(private|internal|public|protected)\s+static\s+(?!readonly|partial|class|implicit|explicit)" +
        @"[\w<>\[\]?,\. ]+\s+\w+\s*(=[^>]|;)", RegexOptions.None, 5000)]
    private static partial Regex MutableStatic();
}
