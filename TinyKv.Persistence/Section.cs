using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;

namespace TinyKv.Persistence;

/// <summary>
/// Typed reading of one HOCON object. HOCON gives zeros for what is missing; here everything that is missing or of
/// another type is refused with the key's full name. Every setting of every project is read here.
/// </summary>
/// <param name="name">The full name of the object.</param>
/// <param name="find">The value of a key in it; null when there is none.</param>
public sealed class Section(string name, Func<string, HoconValue?> find)
{
    /// <summary>What is wrong with a setting without a value.</summary>
    public const string NotSet = "is missing; it has no default";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>The object at <paramref name="path"/> of a configuration.</summary>
    public static Section Of(Config config, string path) =>
        new(path, key => config.HasPath($"{path}.{key}") ? config.GetValue($"{path}.{key}") : null);

    /// <summary>An object that was taken out of its configuration, such as a plugin's.</summary>
    /// <param name="section">The object.</param>
    /// <param name="name">Where it stood.</param>
    public static Section Over(Config section, string name) =>
        new(name, key => section.HasPath(key) ? section.GetValue(key) : null);

    /// <summary>A text; empty when there is none.</summary>
    /// <exception cref="SettingException">It is a list or an object.</exception>
    public string OptionalText(string key)
    {
        if (find(key) is not { } value) return "";
        return value.IsString() ? value.GetString() ?? "" : throw Invalid(key, "must be a text");
    }

    /// <summary>A text that is not empty.</summary>
    /// <exception cref="SettingException">It is missing, or a list or an object.</exception>
    public string Text(string key)
    {
        var value = Find(key);
        if (!value.IsString()) throw Invalid(key, "must be a text");
        return value.GetString() is { Length: > 0 } text ? text : throw Missing(key);
    }

    /// <summary>One of several words.</summary>
    /// <exception cref="SettingException">It is another, or none.</exception>
    public string Word(string key, params string[] allowed)
    {
        var word = Text(key);
        return allowed.Contains(word, StringComparer.Ordinal)
            ? word : throw Invalid(key, $"is '{word}', must be one of {string.Join(", ", allowed)}");
    }

    /// <summary>A whole number in [min, max].</summary>
    /// <exception cref="SettingException">It is another, or none.</exception>
    public long Number(string key, long min, long max)
    {
        var text = Text(key);
        return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
            ? number : throw Invalid(key, $"is '{text}', must be a whole number from {min} to {max}");
    }

    /// <summary>A number from 0 to 1.</summary>
    /// <exception cref="SettingException">It is another, or none.</exception>
    public double Fraction(string key)
    {
        var text = Text(key);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
            && fraction is >= 0 and <= 1 ? fraction : throw Invalid(key, $"is '{text}', must be a number from 0 to 1");
    }

    /// <summary>A number of bytes in [1, max].</summary>
    /// <exception cref="SettingException">It is another, or no size.</exception>
    public long Bytes(string key, long max)
    {
        var bytes = Parse(key, value => value.GetByteSize(), "a size such as 8MiB");
        // The library's product of number and unit wraps around.
        var digits = Text(key).TakeWhile(char.IsAsciiDigit).Count();
        return bytes >= 1 && bytes <= max && digits <= 13
            ? bytes.Value : throw Invalid(key, $"is '{Text(key)}', must be from 1 to {max} bytes");
    }

    /// <summary>A time from one millisecond to an hour.</summary>
    /// <exception cref="SettingException">It is another, or no time.</exception>
    public TimeSpan Duration(string key) => Duration(key, TimeSpan.FromMilliseconds(1), Hour);

    /// <summary>A time in [min, max].</summary>
    /// <exception cref="SettingException">It is another, or no time.</exception>
    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        var time = Parse(key, value => value.GetTimeSpan(allowInfinite: false), "a time such as 100ms");
        return time >= min && time <= max
            ? time : throw Invalid(key, $"is '{Text(key)}', must be from {Written(min)} to {Written(max)}");
    }

    /// <summary>The address that ports are bound to, or that others reach a store at: a name, or an IP address.</summary>
    /// <exception cref="SettingException">It is neither.</exception>
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
