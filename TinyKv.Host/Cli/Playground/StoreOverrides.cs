using System.Collections;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Server.Settings;

namespace TinyKv.Host.Cli.Playground;

/// <summary>What every store of a playground is started with above its configuration file: the environment, and what
/// <c>--set</c> says. Neither says what the playground decides.</summary>
internal sealed class StoreOverrides
{
    // With the option that decides them, if there is one.
    private static readonly Dictionary<string, string?> Options = new(StringComparer.Ordinal)
    {
        ["tinykv.cluster.name"] = null,
        ["tinykv.cluster.stores"] = "--stores and --base-port",
        ["tinykv.cluster.join"] = null,
        ["tinykv.store.id"] = null,
        ["tinykv.store.data-directory"] = "--data",
        ["tinykv.store.bind-host"] = null,
        ["tinykv.server.shutdown-timeout"] = null,
        ["tinykv.journal"] = "--journal",
        ["tinykv.postgresql.connection-string"] = "--postgresql",
        ["tinykv.postgresql.connection-string-file"] = "--postgresql",
    };

    private readonly List<(string Option, string Key, string Value)> _settings;

    /// <param name="settings">From the command line.</param>
    /// <exception cref="UsageException">The playground decides one of them.</exception>
    public StoreOverrides(IEnumerable<(string Option, string Key, string Value)> settings)
    {
        _settings = [.. settings];
        foreach (var (option, key, _) in _settings)
        {
            if (Options.TryGetValue(key, out var instead))
                throw new UsageException($"{option} {key}: the playground decides that for each store; "
                    + (instead is null ? "leave it out" : $"use {instead}"));
        }
    }

    /// <summary>None but the environment.</summary>
    public static StoreOverrides None { get; } = new([]);

    /// <summary>The settings that a playground decides.</summary>
    public static IReadOnlyCollection<string> Decided => Options.Keys;

    /// <summary>The variables of this process's environment that a store does not get: they win over its file.</summary>
    public static IEnumerable<string> HiddenVariables => Decided.Select(EnvironmentSettings.NameOf);

    /// <summary>The options for a store's command line.</summary>
    public IEnumerable<string> Arguments =>
        _settings.SelectMany(setting => new[] { setting.Option, $"{setting.Key}={setting.Value}" });

    /// <summary>Reads the settings as a store will, so that a wrong one is refused before anything is written.</summary>
    /// <param name="file">The file that the store will be started with.</param>
    /// <param name="text">What will be in it.</param>
    /// <param name="postgreSql">The connection string that is to be written; null: none.</param>
    /// <exception cref="UsageException">A store would refuse them.</exception>
    public void Check(string file, string text, string? postgreSql)
    {
        var settings = postgreSql is null ? _settings
            : [.. _settings, (PlaygroundOptions.PostgreSqlSources, "tinykv.postgresql.connection-string", postgreSql)];
        var environment = new Hashtable(Environment.GetEnvironmentVariables());
        foreach (var name in HiddenVariables) environment.Remove(name);
        try
        {
            var config = ServerConfiguration.Complete(new ConfigSources().AddText(file, text), environment, settings);
            config.Read(ServerSettings.Read);
            config.Read(SettingsReader.Read);
        }
        catch (TinyKvException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }
}
