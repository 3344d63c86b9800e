using System.Text.Json;
using System.Xml.Linq;

namespace TinyKv.Tests.Architecture;

/// <summary>Who may know whom: the arrows of ARCHITECTURE.md.</summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["TinyKv.Core"] = [],
        ["TinyKv.Protocol"] = ["TinyKv.Core"],
        ["TinyKv.Persistence"] = ["TinyKv.Core", "TinyKv.Protocol"],
        ["TinyKv.Actors"] = ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Persistence"],
        ["TinyKv.Client"] = ["TinyKv.Core", "TinyKv.Protocol"],
        ["TinyKv.Server"] = ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Persistence", "TinyKv.Actors"],
        ["TinyKv.Host"] = ["TinyKv.Server", "TinyKv.Client"],
        ["TinyKv.Hosting"] = ["TinyKv.Server", "TinyKv.Client"],
        ["TinyKv.Testing"] = ["TinyKv.Hosting", "TinyKv.Client"],
        ["TinyKv.Faults"] = ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Client", "TinyKv.Testing"],
        ["TinyKv.Benchmarks"] = ["TinyKv.Host", "TinyKv.Testing"],
        ["TinyKv.Simulation"] =
            ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Persistence", "TinyKv.Actors", "TinyKv.Testing"],
        ["TinyKv.Tests"] =
            ["TinyKv.Host", "TinyKv.Hosting", "TinyKv.Testing", "TinyKv.Faults", "TinyKv.Simulation"],
    };

    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_lies_below_it(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no place in the layering");
        Assert.Empty(Items(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_does_not_choose_versions_of_its_own(string project) =>
        Assert.DoesNotContain(Load(project).Descendants("PackageReference"), item =>
            item.Attribute("Version") is not null || item.Attribute("VersionOverride") is not null);

    [Fact]
    public void The_core_has_no_packages_and_bans_clock_threads_and_io()
    {
        Assert.Empty(Items("TinyKv.Core", "PackageReference"));
        var banned = Repository.Read("TinyKv.Core/BannedSymbols.txt");
        Assert.All(
            ["T:System.DateTime;", "N:System.Threading;", "N:System.Threading.Tasks;", "N:System.IO;",
             "P:System.Random.Shared;"],
            symbol => Assert.Contains(symbol, banned, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Internals_are_open_to_tests_and_elsewhere_only_with_a_reason(string project) => Assert.Empty(
        Load(project).Descendants("InternalsVisibleTo")
            .Where(item => (string?)item.Attribute("Include") != "TinyKv.Tests" && Before(item) is not XComment)
            .Select(item => item.ToString()));

    // A reason may be for several in a row.
    private static XNode? Before(XNode node) =>
        node.PreviousNode is XElement { Name.LocalName: "InternalsVisibleTo" } other ? Before(other) : node.PreviousNode;

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = Repository.Read("TinyKv.sln");
        Assert.All(Repository.Projects, project =>
            Assert.Contains($"{project}.csproj", solution, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TinyKv.Hosting")]
    [InlineData("samples/Embedded")]
    public void An_application_with_a_store_gets_nothing_that_the_tool_alone_needs(string application)
    {
        var tool = Items("TinyKv.Host", "PackageReference").ToList();
        Assert.Contains("Spectre.Console", tool);
        Assert.Contains("System.CommandLine", tool);
        var closure = Closure(application);
        Assert.Contains("Akka.Hosting", closure);
        Assert.Empty(closure.Intersect([.. tool, "tinykv"], StringComparer.OrdinalIgnoreCase));
    }

    // Everything that a build brings along; a restore in locked mode refuses a file that is not true.
    private static HashSet<string> Closure(string project)
    {
        using var locked = JsonDocument.Parse(Repository.Read($"{project}/packages.lock.json"));
        return locked.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(framework => framework.Value.EnumerateObject()).Select(item => item.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Items(string project, string kind) => Load(project).Descendants(kind)
        .Select(item => (string?)item.Attribute("Include")).OfType<string>().Select(path => path.Replace('\\', '/'));

    private static XDocument Load(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, project, $"{project}.csproj"));
}
