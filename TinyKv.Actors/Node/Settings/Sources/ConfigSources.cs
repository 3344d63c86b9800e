using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;

namespace TinyKv.Actors.Node.Settings.Sources;

/// <summary>
/// Makes one configuration of texts and single settings, the later above the earlier. Substitutions see them all, then the
/// defaults, then the environment.
/// </summary>
public sealed class ConfigSources
{
    // Not generated: the planted bugs are compiled together with this project, without its generators.
    private static readonly Regex Key = new(
        @"^(tinykv|akka)(\.[A-Za-z0-9_-]+)+$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private readonly ImmutableArray<Statement>.Builder _statements = ImmutableArray.CreateBuilder<Statement>();
    private readonly List<string> _sources = [];

    /// <summary>Adds HOCON.</summary>
    /// <param name="source">What to call it in messages: the file, or what else it is.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="TinyKvException">It is malformed, or sets what is neither under <c>tinykv</c> nor under
    /// <c>akka</c>; names the line and the key.</exception>
    public ConfigSources AddText(string source, string text)
    {
        AddStatements(Parser.Parse(source, text));
        _sources.Add(source);
        return this;
    }

    /// <summary>Adds one setting. Its value is a text as it stands; for a setting that is a list, it is HOCON.</summary>
    /// <param name="source">What to call it in messages: the option or the variable.</param>
    /// <param name="key">The full key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="TinyKvException">There can be no such key, or the value of a list is malformed.</exception>
    public ConfigSources Add(string source, string key, string value)
    {
        if (!Key.IsMatch(key)) throw new SettingException(source, $"'{key}'", "is no key; settings are under tinykv and akka");
        // Akka's settings are known to Akka only.
        var isList = ReferenceConfig.IsList(key) || (key.StartsWith("akka.", StringComparison.Ordinal) && value.StartsWith('['));
        var isLine = !value.Contains('\n', StringComparison.Ordinal);
        if (isList) AddStatements(Parser.Parse(source, $"{key} = {value}", isLine));
        else _statements.Add(new Statement([.. key.Split('.')], new Literal(value), new Origin(source)));
        return this;
    }

    /// <summary>Puts everything over the defaults.</summary>
    /// <param name="reference">The defaults.</param>
    /// <param name="environment">A variable's value; null: it is not set.</param>
    /// <exception cref="SettingException">A substitution has no value, or goes in a circle.</exception>
    public LoadedConfig Resolve(Config reference, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var resolved = Resolver.Resolve(_statements.ToImmutable(), key => Default(reference, key)
            ?? (environment(key) is { } text ? new ResolvedText(text, default) : null));
        var written = new Dictionary<string, Resolved>(StringComparer.Ordinal);
        resolved.Visit("", (key, value) => written[key] = value);
        var config = new Config(new HoconRoot(resolved.ToHocon()));
        return new LoadedConfig(config.WithFallback(reference), written, _sources.Count == 0 ? null : _sources[0]);
    }

    private void AddStatements(ImmutableArray<Statement> statements)
    {
        foreach (var statement in statements)
        {
            if (statement.Path[0] is "tinykv" or "akka") continue;
            throw Reader.Invalid(statement.Origin, statement.Path[0].Contains('.', StringComparison.Ordinal)
                ? $"'{statement.Path[0]}' in quotes is one name; write it without"
                : $"unknown key '{statement.Key}'; settings are under tinykv and akka");
        }
        _statements.AddRange(statements);
    }

    private static Resolved? Default(Config reference, string key)
    {
        if (!Key.IsMatch(key) || !reference.HasPath(key)) return null;
        var value = reference.GetValue(key);
        if (value.IsString()) return new ResolvedText(value.GetString(), default);
        if (!value.IsArray()) return null;
        var items = value.GetArray();
        return items.All(item => item.IsString())
            ? new ResolvedList([.. items.Select(item => new ResolvedText(item.GetString(), default))], default) : null;
    }
}
