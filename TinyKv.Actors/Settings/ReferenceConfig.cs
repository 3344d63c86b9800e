using System.Reflection;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Protocol.Serialization;

namespace TinyKv.Actors.Settings;

/// <summary>The defaults of all settings: one embedded <c>reference.conf</c> for each project.</summary>
public static class ReferenceConfig
{
    /// <summary>The defaults of this project and of those below it. The host puts its own on top.</summary>
    public static Config OfStore { get; } = Load(typeof(ReferenceConfig).Assembly)
        .WithFallback(PersistenceConfig.Reference)
        .WithFallback(ProtocolConfig.Reference);

    /// <summary>Refuses what stands under <c>tinykv</c> in no reference file.</summary>
    /// <exception cref="TinyKvException">Names the key.</exception>
    public static void RefuseUnknownKeys(Config config)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reference in OfLoadedProjects())
            known.UnionWith(Leaves("tinykv", reference.GetValue("tinykv")));
        foreach (var key in Leaves("tinykv", config.GetValue("tinykv")))
            if (!known.Contains(key)) throw new TinyKvException($"{key} is not a setting{Nearest(key, known)}");
    }

    // A project that reads settings is loaded when they are read, and brings the names of its own along.
    private static IEnumerable<Config> OfLoadedProjects() =>
        AppDomain.CurrentDomain.GetAssemblies().Append(typeof(PersistenceConfig).Assembly)
            .Where(assembly => !assembly.IsDynamic && HasReference(assembly)).Distinct().Select(Load);

    private static bool HasReference(Assembly assembly) =>
        Array.Exists(assembly.GetManifestResourceNames(), IsReference);

    private static bool IsReference(string resource) =>
        resource.StartsWith("TinyKv.", StringComparison.Ordinal)
        && resource.EndsWith(".reference.conf", StringComparison.Ordinal);

    private static Config Load(Assembly assembly) => ConfigurationFactory.FromResource(
        assembly.GetManifestResourceNames().First(IsReference), assembly);

    private static IEnumerable<string> Leaves(string path, HoconValue? value)
    {
        if (value is null) return [];
        return value.IsObject()
            ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value)) : [path];
    }

    private static string Nearest(string key, HashSet<string> known)
    {
        var last = key[(key.LastIndexOf('.') + 1)..];
        var similar = known.FirstOrDefault(name => name.EndsWith($".{last}", StringComparison.Ordinal));
        return similar is null ? "" : $"; did you mean {similar}?";
    }
}
