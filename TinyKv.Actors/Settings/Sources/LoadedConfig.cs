using Akka.Configuration;
using TinyKv.Core;

namespace TinyKv.Actors.Settings.Sources;

/// <summary>A configuration that knows where each setting was written.</summary>
public sealed class LoadedConfig
{
    private readonly IReadOnlyDictionary<string, string> _origins;
    private readonly string? _source;

    internal LoadedConfig(Config config, IReadOnlyDictionary<string, string> origins, string? source) =>
        (Config, _origins, _source) = (config, origins, source);

    /// <summary>The configuration, with the defaults.</summary>
    public Config Config { get; }

    /// <summary>Reads settings; says of one that is refused where it was written.</summary>
    /// <exception cref="TinyKvException">What <paramref name="read"/> throws.</exception>
    public T Read<T>(Func<Config, T> read)
    {
        try
        {
            return read(Config);
        }
        catch (SettingException wrong) when (!wrong.HasOrigin && OriginOf(wrong.Key) is { } origin)
        {
            throw new SettingException(origin, wrong.Key, wrong.Why);
        }
    }

    /// <summary>Whether somebody set this, other than the defaults.</summary>
    public bool Sets(string key) => _origins.ContainsKey(key);

    /// <summary>The same with another value for a setting.</summary>
    public LoadedConfig With(string key, string value) =>
        new(new ConfigSources().Add(key, key, value).Resolve(Config).Config, _origins, _source);

    // A setting that is missing is missing in the object around it, or in the file.
    private string? OriginOf(string key)
    {
        for (var known = key; known.Length > 0; known = known[..Math.Max(0, known.LastIndexOfAny(['.', '[']))])
            if (_origins.TryGetValue(known, out var origin) && (known == key || known.EndsWith(']'))) return origin;
        return _source;
    }
}
