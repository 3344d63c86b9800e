using System.Reflection;
using System.Text.RegularExpressions;
using TinyKv.Actors.Node;
using TinyKv.Server;
using TinyKv.Simulation.Raft;

namespace TinyKv.Tests.Architecture;

/// <summary>Inside some projects folders are layers, too.</summary>
public sealed class FolderTests
{
    // What lies in no folder.
    private const string Top = "";

    // Bottom to top.
    private static readonly Dictionary<string, string[]> Layers = new(StringComparer.Ordinal)
    {
        ["TinyKv.Actors"] =
            ["Messages", "Telemetry", "Transport", "Raft", "Apply", "Snapshots", "Regions", "Placement", "Requests", "Node"],
        ["TinyKv.Server"] =
            ["Exit", "Logging", "Telemetry", "Settings", "Stores", "Ports", "StatusPages", "Grpc", "Joining", Top],
        ["TinyKv.Simulation"] = ["Common", "Raft", "Nodes", "Snapshots", "Planted", "Cli", Top],
    };

    private static readonly Dictionary<string, Assembly> Assemblies = new(StringComparer.Ordinal)
    {
        ["TinyKv.Actors"] = typeof(StoreNode).Assembly,
        ["TinyKv.Server"] = typeof(StoreServer).Assembly,
        ["TinyKv.Simulation"] = typeof(CoreSimulation).Assembly,
    };

    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Projects => [.. Layers.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_folder_is_a_layer(string project) => Assert.Equal(
        Layers[project].Order(StringComparer.Ordinal),
        Files(project).Select(FolderOf).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_names_only_what_lies_below_it(string project)
    {
        var folders = new Regex($@"\b{Regex.Escape(project)}\.([A-Z]\w*)\b", RegexOptions.None, TimeSpan.FromSeconds(5));
        // No using tells that these are used.
        var top = Files(project).Where(file => FolderOf(file) == Top).Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.Empty(
            from file in Files(project)
            let text = Repository.Read(file)
            let names = folders.Matches(text).Select(match => match.Groups[1].Value)
                .Concat(top.Where(type => Regex.IsMatch(text, $@"\b{type}\b")).Select(_ => Top))
            from name in names
            where Rank(project, name) > Rank(project, FolderOf(file))
            select $"{file} uses {(name == Top ? string.Join(" or ", top) : name)}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_type_refers_only_to_what_lies_below_it(string project) => Assert.Empty(
        from type in Assemblies[project].GetTypes()
        let own = LayerOf(project, type)
        where own is not null
        from other in Referred(type).SelectMany(Parts).Distinct()
        let layer = LayerOf(project, other)
        where layer is not null && Rank(project, layer) > Rank(project, own)
        select $"{type} refers to {other}");

    private static IEnumerable<string> Files(string project) =>
        Repository.Files(".cs").Where(file => file.StartsWith($"{project}/", StringComparison.Ordinal));

    private static string FolderOf(string file) => file.Split('/') is [_, var folder, _, ..] ? folder : Top;

    private static int Rank(string project, string folder) => Array.IndexOf(Layers[project], folder);

    private static string? LayerOf(string project, Type type) => type.Namespace switch
    {
        var space when space == project => Top,
        { } space when space.StartsWith($"{project}.", StringComparison.Ordinal) => space.Split('.')[2],
        _ => null,
    };

    // What a body only passes on is not seen here; its file's usings are.
    private static IEnumerable<Type> Referred(Type type)
    {
        if (type.BaseType is { } above) yield return above;
        foreach (var implemented in type.GetInterfaces()) yield return implemented;
        foreach (var field in type.GetFields(All)) yield return field.FieldType;
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            if (method is MethodInfo { ReturnType: var returned }) yield return returned;
            foreach (var parameter in method.GetParameters()) yield return parameter.ParameterType;
            foreach (var local in method.GetMethodBody()?.LocalVariables ?? []) yield return local.LocalType;
        }
    }

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.GetGenericArguments().SelectMany(Parts).Append(type);
}
