using System.Reflection;
using System.Text.RegularExpressions;
using TinyKv.Actors.Node;

namespace TinyKv.Tests.Architecture;

/// <summary>Inside <c>TinyKv.Actors</c> folders are layers, too.</summary>
public sealed partial class FolderTests
{
    private const string Project = "TinyKv.Actors";

    // Bottom to top.
    private static readonly string[] Layers =
        ["Messages", "Telemetry", "Transport", "Raft", "Apply", "Regions", "Placement", "Requests", "Node"];

    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_folder_is_a_layer() => Assert.Equal(
        Layers.Order(), Files().Select(file => file.Split('/')[1]).Distinct().Order());

    [Fact]
    public void A_folder_names_only_what_lies_below_it() => Assert.Empty(
        from file in Files()
        from Match used in Used().Matches(Repository.Read(file))
        where Rank(used.Groups[1].Value) > Rank(file.Split('/')[1])
        select $"{file} uses {used.Value}");

    [Fact]
    public void A_type_refers_only_to_what_lies_below_it() => Assert.Empty(
        from type in typeof(StoreNode).Assembly.GetTypes()
        let own = LayerOf(type)
        where own is not null
        from other in Referred(type).SelectMany(Parts).Distinct()
        let layer = LayerOf(other)
        where layer is not null && Rank(layer) > Rank(own)
        select $"{type} refers to {other}");

    private static IEnumerable<string> Files() =>
        Repository.Files(".cs").Where(file => file.StartsWith($"{Project}/", StringComparison.Ordinal));

    private static int Rank(string folder) => Array.IndexOf(Layers, folder);

    private static string? LayerOf(Type type) =>
        type.Namespace?.Split('.') is ["TinyKv", "Actors", var layer, ..] ? layer : null;

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

    [GeneratedRegex(@"\bTinyKv\.Actors\.([A-Z][A-Za-z]*)\b")]
    private static partial Regex Used();
}
