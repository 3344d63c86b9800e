using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>A configuration that knows where each setting was written.</summary>
public sealed class LoadedConfig
{
    private readonly IReadOnlyDictionary<string, Resolved> _written;
    private readonly string? _source;

    internal LoadedConfig(Config config, IReadOnlyDictionary<string, Resolved> written, string? source) =>
        (Config, _written, _source) = (config, written, source);

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
        catch (SettingException wrong) when (!wrong.HasOrigin)
        {
            throw Located(wrong);
        }
    }

    /// <summary>Does something with the settings; says of one that is refused where it was written.</summary>
    /// <exception cref="TinyKvException">What <paramref name="use"/> throws.</exception>
    public async Task<T> UseAsync<T>(Func<Config, Task<T>> use)
    {
        try
        {
            return await use(Config);
        }
        catch (SettingException wrong) when (!wrong.HasOrigin)
        {
            throw Located(wrong);
        }
    }

    /// <summary>Whether somebody set this, other than the defaults.</summary>
    public bool Sets(string key) => _written.ContainsKey(key);

    /// <summary>The same with another value for a setting.</summary>
    public LoadedConfig With(string key, string value) =>
        new(new ConfigSources().Add(key, key, value).Resolve(Config).Config, _written, _source);

    private SettingException Located(SettingException wrong)
    {
        var why = wrong.Why != Section.NotSet ? wrong.Why : _written.GetValueOrDefault(wrong.Key) switch
        {
            ResolvedText { Text: "" } => "is empty; it must have a value",
            ResolvedList { Items: [] } => SettingsReader.NoStores,
            _ => wrong.Why,
        };
        return OriginOf(wrong.Key) is { } origin
            ? new SettingException(origin, wrong.Key, why) { IsTransient = wrong.IsTransient }
            : new SettingException(wrong.Key, why) { IsTransient = wrong.IsTransient };
    }

    // A setting that is missing is missing in the object around it, or in the file.
    private string? OriginOf(string key)
    {
        for (var known = key; known.Length > 0; known = known[..Math.Max(0, known.LastIndexOfAny(['.', '[']))])
            if (_written.TryGetValue(known, out var value) && (known == key || known.EndsWith(']')))
                return value.Origin.ToString();
        return _source;
    }
}
