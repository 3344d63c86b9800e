using System.Reflection;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Actors.Settings.Sources;
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

    /// <summary>The keys of all settings under <c>tinykv</c>.</summary>
    public static IReadOnlySet<string> Keys
    {
        get
        {
            var known = new HashSet<string>(StringComparer.Ordinal);
            foreach (var reference in OfLoadedProjects())
                known.UnionWith(Leaves("tinykv", reference.GetValue("tinykv")));
            return known;
        }
    }

    /// <summary>Refuses what stands under <c>tinykv</c> in no reference file.</summary>
    /// <exception cref="SettingException">Names the key.</exception>
    public static void RefuseUnknownKeys(Config config)
    {
        var known = Keys;
        foreach (var key in Leaves("tinykv", config.GetValue("tinykv")))
            if (!known.Contains(key)) throw new SettingException(key, Unknown(key, known));
    }

    /// <summary>Whether a setting is a list.</summary>
    internal static bool IsList(string key) => OfLoadedProjects().Any(reference =>
        reference.HasPath(key) && reference.GetValue(key).Values.Exists(part => part is HoconArray));

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

    private static string Unknown(string key, IReadOnlySet<string> known)
    {
        if (known.FirstOrDefault(name => key.StartsWith($"{name}.", StringComparison.Ordinal)) is { } value)
            return $"is not a setting; {value} is one, with a value";
        if (known.Any(name => name.StartsWith($"{key}.", StringComparison.Ordinal)))
            return $"is a section; write {key} {{ ... }}";
        var last = key[(key.LastIndexOf('.') + 1)..];
        var similar = known.FirstOrDefault(name => name.EndsWith($".{last}", StringComparison.Ordinal));
        return "is not a setting" + (similar is null ? Similar.DidYouMean(key, known) : $"; did you mean {similar}?");
    }
}
