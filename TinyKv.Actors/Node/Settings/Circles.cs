using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings;

/// <summary>
/// Finds substitutions that lead to themselves in what Akka's own parser has made: to read such a value, or just to ask
/// what it is, does not end.
/// </summary>
internal static class Circles
{
    /// <summary>Refuses a configuration with one.</summary>
    /// <exception cref="SettingException">Names the key.</exception>
    public static void Refuse(Config config)
    {
        for (Config? part = config; part is not null; part = part.Fallback)
            if (part.Root is { } root) Refuse("", root, []);
    }

    private static void Refuse(string key, HoconValue value, ImmutableList<HoconValue> around)
    {
        if (around.Exists(outer => ReferenceEquals(outer, value)))
            throw new SettingException(key, "refers to itself, which the parser of Akka.NET does not take");
        var inside = around.Add(value);
        foreach (var element in value.Values)
        {
            if (element is HoconSubstitution { ResolvedValue: { } target }) Refuse(key, target, inside);
            if (element is HoconArray list)
                foreach (var item in list) Refuse(key, item, inside);
            if (element is not HoconObject section) continue;
            foreach (var (name, field) in section.Items) Refuse(key.Length == 0 ? name : $"{key}.{name}", field, inside);
        }
    }
}
