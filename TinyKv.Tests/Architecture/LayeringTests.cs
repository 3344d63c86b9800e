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
        ["TinyKv.Host"] =
            ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Persistence", "TinyKv.Actors", "TinyKv.Client"],
        ["TinyKv.Benchmarks"] = ["TinyKv.Host"],
        ["TinyKv.Hosting"] = ["TinyKv.Host"],
        ["TinyKv.Faults"] = ["TinyKv.Core", "TinyKv.Protocol", "TinyKv.Client"],
        ["TinyKv.Tests"] = ["TinyKv.Host", "TinyKv.Hosting", "TinyKv.Faults"],
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

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = Repository.Read("TinyKv.sln");
        Assert.All(Repository.Projects, project =>
            Assert.Contains($"{project}.csproj", solution, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Items(string project, string kind) => Load(project).Descendants(kind)
        .Select(item => (string?)item.Attribute("Include")).OfType<string>().Select(path => path.Replace('\\', '/'));

    private static XDocument Load(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, project, $"{project}.csproj"));
}
