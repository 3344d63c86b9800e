using System.Text.RegularExpressions;
using TinyKv.Tests.Telemetry;

namespace TinyKv.Tests.Architecture;

/// <summary>What the documents name must exist: files, types, configuration keys and commands.</summary>
public sealed partial class DocumentTests
{
    // Words in back-ticks that look like types but belong to others (protocol, libraries, tools).
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "Become", "PersistAsync", "DeferAsync", "PersistAll", "CoordinatedShutdown", "AsyncWriteJournal", "TestKit",
        "RocksDB", "SQLite", "PostgreSQL", "GitHub", "WriteBatch", "UntypedPersistentActor",
        "DeleteMessages", "ForkJoinDispatcher",
    };

    private const int MaxColumns = 120;

    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    public static TheoryData<string> Configurations => [.. Repository.Files(".conf")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_that_a_document_links_to_exists(string document)
    {
        var folder = Path.GetDirectoryName(document) ?? "";
        var dead = Link().Matches(Repository.Read(document)).Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && target[0] != '#')
            .Select(target => target.Split('#')[0])
            .Where(target => !Repository.Has(Path.Combine(folder, target)));
        Assert.Empty(dead);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_sentence_begins_a_line_and_no_line_is_wider_than_120_columns(string document) => Assert.Empty(
        Prose(document).Where(line => line.Text.Length > MaxColumns || SecondSentence().IsMatch(line.Text)));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_in_back_ticks_exists(string document) => Assert.Empty(BackTicked(document)
        .Where(word => TreePath().IsMatch(word) && !Repository.Has(word.TrimEnd('/'))));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_type_in_back_ticks_exists(string document)
    {
        var known = Identifiers.Value;
        Assert.Empty(BackTicked(document).Where(word => TypeName().IsMatch(word))
            .SelectMany(word => word.Split('.')).Where(name => !known.Contains(name) && !Foreign.Contains(name)));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_configuration_key_in_back_ticks_exists(string document)
    {
        var reference = string.Join('\n', Repository.Files(".conf").Select(Repository.Read));
        var metrics = Instruments.All.Select(instrument => instrument.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(BackTicked(document).Where(word => ConfigKey().IsMatch(word) && !metrics.Contains(word)
                && !Telemetry.Value.Contains($"\"{word}\"", StringComparison.Ordinal))
            .Where(key => !key.Split('.').Skip(1)
                .All(part => Regex.IsMatch(reference, $@"\b{Regex.Escape(part)}\b", RegexOptions.None,
                    TimeSpan.FromSeconds(5)))));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    [MemberData(nameof(Configurations))]
    public void Every_command_and_option_of_tinykv_exists(string document)
    {
        var root = TinyKv.Host.Cli.RootCommandFactory.Create();
        var text = Repository.Read(document);
        var code = document.EndsWith(".md", StringComparison.Ordinal)
            ? Fence().Matches(text).Select(match => match.Value).Concat(BackTicked(document)) : [text];
        Assert.Empty(code.SelectMany(part => CommandLine().Matches(part)).Select(match => match.Groups[1].Value)
            .SelectMany(line => CommandLines.Unknown(root, line).Select(word => $"{line}: {word}")));
    }

    // What is neither code nor a table nor a heading.
    private static IEnumerable<(int Number, string Text)> Prose(string document)
    {
        var isCode = false;
        foreach (var (index, line) in Repository.Read(document).Split('\n').Index())
        {
            var fence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (fence) isCode = !isCode;
            if (!isCode && !fence && !line.TrimStart().StartsWith('|') && !line.StartsWith('#'))
                yield return (index + 1, line);
        }
    }

    private static IEnumerable<string> BackTicked(string document) =>
        InBackTicks().Matches(WithoutFences(Repository.Read(document))).Select(match => match.Groups[1].Value);

    private static string WithoutFences(string text) => Fence().Replace(text, "");

    // The names of spans and of their tags are as dotted as keys.
    private static readonly Lazy<string> Telemetry = new(() => string.Concat(Repository.Files(".cs")
        .Where(file => file.StartsWith("TinyKv.Actors/", StringComparison.Ordinal)).Select(Repository.Read)));

    private static readonly Lazy<HashSet<string>> Identifiers = new(() => Repository.Files(".cs", ".proto")
        .SelectMany(file => Word().Matches(Repository.Read(file)).Select(match => match.Value))
        .ToHashSet(StringComparer.Ordinal));

    [GeneratedRegex(@"\]\(([^)\s]+)\)", RegexOptions.None, 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^(TinyKv\.\w+|docs|hocon|\.ci|samples)/[\w./-]*$", RegexOptions.None, 5000)]
    private static partial Regex TreePath();

    [GeneratedRegex(@"^[A-Z][a-z]\w*[a-z][A-Z]\w*(\.\w+)?$", RegexOptions.None, 5000)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^tinykv(\.[a-z][a-z-]*)+$", RegexOptions.None, 5000)]
    private static partial Regex ConfigKey();

    [GeneratedRegex(
        @"(?:^|[\s`|$(])(?:tinykv|tinykv\.dll|TinyKv\.Host -c Release --) ([a-z]+(?=[\s`)]|$)[^`\n|#>;&)]*)",
        RegexOptions.Multiline, 5000)]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"(?<!`)`([^`\n]+)`(?!`)", RegexOptions.None, 5000)]
    private static partial Regex InBackTicks();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, 5000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\b[A-Z]\w+", RegexOptions.None, 5000)]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<!\b(e\.g|i\.e|etc|vs))(?<!^\s*\d+)[.!?][\"")*_]* +[\""(*_]*[A-Z]", RegexOptions.None, 5000)]
    private static partial Regex SecondSentence();
}
