using System.Collections;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// Settings in the environment: <c>tinykv.store.bind-host</c> is <c>TINYKV__STORE__BIND_HOST</c>, in capitals, with two
/// underscores for a dot and one for a dash. No key has an underscore, and no two keys have the same name.
/// </summary>
public static class EnvironmentSettings
{
    private const string Prefix = "TINYKV__";

    /// <summary>The variable that sets a key.</summary>
    public static string NameOf(string key) => key.ToUpperInvariant().Replace(".", "__").Replace('-', '_');

    /// <summary>Adds the settings that variables give.</summary>
    /// <param name="sources">What they are put above of.</param>
    /// <param name="variables">The environment.</param>
    /// <exception cref="TinyKvException">A variable has a name that begins as theirs do and is of no setting.</exception>
    public static ConfigSources AddTo(ConfigSources sources, IDictionary variables)
    {
        var keys = ReferenceConfig.Keys.ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (var name in variables.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            if (!keys.TryGetValue(name, out var key))
                throw new TinyKvException(
                    $"the environment variable {name} is of no setting{Similar.DidYouMean(name, keys.Keys)}");
            sources.Add($"the environment variable {name}", key, (string?)variables[name] ?? "");
        }
        return sources;
    }
}
