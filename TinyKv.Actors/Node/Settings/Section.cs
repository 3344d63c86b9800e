using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings;

/// <summary>
/// Typed reading of one HOCON object. HOCON gives zeros for what is missing; here everything that is missing or of
/// another type is refused with the key's full name.
/// </summary>
public sealed class Section(string name, Func<string, HoconValue?> find)
{
    /// <summary>What is wrong with a setting without a value.</summary>
    internal const string NotSet = "is missing; it has no default";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>The object at <paramref name="path"/> of a configuration.</summary>
    public static Section Of(Config config, string path) =>
        new(path, key => config.HasPath($"{path}.{key}") ? config.GetValue($"{path}.{key}") : null);

    /// <summary>A text that is not empty.</summary>
    public string Text(string key)
    {
        var value = Find(key);
        if (!value.IsString()) throw Invalid(key, "must be a text");
        return value.GetString() is { Length: > 0 } text ? text : throw Missing(key);
    }

    /// <summary>One of several words.</summary>
    public string Word(string key, params string[] allowed)
    {
        var word = Text(key);
        return allowed.Contains(word, StringComparer.Ordinal)
            ? word : throw Invalid(key, $"is '{word}', must be one of {string.Join(", ", allowed)}");
    }

    /// <summary>A whole number in [min, max].</summary>
    public long Number(string key, long min, long max)
    {
        var text = Text(key);
        return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
            ? number : throw Invalid(key, $"is '{text}', must be a whole number from {min} to {max}");
    }

    /// <summary>A number of bytes in [1, max].</summary>
    public long Bytes(string key, long max)
    {
        var bytes = Parse(key, value => value.GetByteSize(), "a size such as 8MiB");
        // The library's product of number and unit wraps around.
        var digits = Text(key).TakeWhile(char.IsAsciiDigit).Count();
        return bytes >= 1 && bytes <= max && digits <= 13
            ? bytes.Value : throw Invalid(key, $"is '{Text(key)}', must be from 1 to {max} bytes");
    }

    /// <summary>A time from one millisecond to an hour.</summary>
    public TimeSpan Duration(string key) => Duration(key, TimeSpan.FromMilliseconds(1), Hour);

    /// <summary>A time in [min, max].</summary>
    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        var time = Parse(key, value => value.GetTimeSpan(allowInfinite: false), "a time such as 100ms");
        return time >= min && time <= max
            ? time : throw Invalid(key, $"is '{Text(key)}', must be from {Written(min)} to {Written(max)}");
    }

    /// <summary>The address that ports are bound to, or that others reach a store at: a name, or an IP address.</summary>
    public string Host(string key)
    {
        var host = Text(key);
        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            ? HostPort.Canonical(host) : throw Invalid(key, $"is '{host}', must be a host name or an IP address");
    }

    /// <summary>Refuses a value.</summary>
    public SettingException Invalid(string key, string why) => new($"{name}.{key}", why);

    private T Parse<T>(string key, Func<HoconValue, T> parse, string kind)
    {
        var text = Text(key);
        try
        {
            return parse(Find(key));
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw Invalid(key, $"is '{text}', must be {kind}");
        }
    }

    private static string Written(TimeSpan time) => time switch
    {
        _ when time >= Hour => $"{time.TotalHours:0}h",
        { TotalMinutes: >= 1 } => $"{time.TotalMinutes:0}m",
        { TotalSeconds: >= 1 } => $"{time.TotalSeconds:0}s",
        _ => $"{time.TotalMilliseconds:0}ms",
    };

    private HoconValue Find(string key) => find(key) ?? throw Missing(key);

    private SettingException Missing(string key) => new($"{name}.{key}", NotSet);
}
