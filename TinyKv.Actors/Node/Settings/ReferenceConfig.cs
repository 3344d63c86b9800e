using System.Reflection;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Protocol.Serialization;

namespace TinyKv.Actors.Node.Settings;

/// <summary>The defaults of all settings: one embedded <c>reference.conf</c> for each project.</summary>
public static class ReferenceConfig
{
    /// <summary>The defaults of this project and of those below it. The host puts its own on top.</summary>
    public static Config OfStore { get; } = Load(typeof(ReferenceConfig).Assembly)
        .WithFallback(PersistenceConfig.Reference)
        .WithFallback(ProtocolConfig.Reference);

    private static readonly ConditionalWeakTable<Assembly, Config?> Loaded = new();

    /// <summary>The keys of all settings under <c>tinykv</c>.</summary>
    public static IReadOnlySet<string> Keys => OfLoadedProjects()
        .SelectMany(reference => Leaves("tinykv", reference.GetValue("tinykv"))).ToHashSet(StringComparer.Ordinal);

    /// <summary>Refuses what stands under <c>tinykv</c> in no reference file.</summary>
    /// <exception cref="SettingException">Names the key.</exception>
    public static void RefuseUnknownKeys(Config config)
    {
        var known = Keys;
        var set = config.GetValue("tinykv");
        foreach (var (key, name) in Names("tinykv", set))
            if (name.Contains('.'))
                throw new SettingException(key, $"is in quotes, which make '{name}' one name; write it without");
        foreach (var key in Leaves("tinykv", set))
            if (!known.Contains(key)) throw new SettingException(key, Unknown(key, known));
    }

    /// <summary>Whether a setting is a list.</summary>
    internal static bool IsList(string key) => OfLoadedProjects().Any(reference =>
        reference.HasPath(key) && reference.GetValue(key).Values.Exists(part => part is HoconArray));

    // A project that reads settings is loaded when they are read, and brings the names of its own along.
    private static IEnumerable<Config> OfLoadedProjects() =>
        AppDomain.CurrentDomain.GetAssemblies().Append(typeof(PersistenceConfig).Assembly)
            .Where(assembly => !assembly.IsDynamic).Distinct()
            .Select(assembly => Loaded.GetValue(assembly, Find)).OfType<Config>();

    private static Config? Find(Assembly assembly) =>
        Array.Exists(assembly.GetManifestResourceNames(), IsReference) ? Load(assembly) : null;

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

    private static IEnumerable<(string Key, string Name)> Names(string path, HoconValue? value)
    {
        if (value is null || !value.IsObject()) return [];
        return value.GetObject().Items.SelectMany(item =>
            Names($"{path}.{item.Key}", item.Value).Prepend(($"{path}.{item.Key}", item.Key)));
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
