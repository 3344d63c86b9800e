using System.Collections;
using Akka.Configuration;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Server.Settings;

/// <summary>
/// Makes one configuration of the user's file, the command line and the projects' defaults.
/// </summary>
public static class ServerConfiguration
{
    /// <summary>The defaults of all projects.</summary>
    public static Config Reference { get; } = ConfigurationFactory
        .FromResource("TinyKv.Server.reference.conf", typeof(ServerConfiguration).Assembly)
        .WithFallback(ReferenceConfig.OfStore);

    /// <summary>
    /// What the command line sets above the environment (<see cref="EnvironmentSettings"/>), that above the file, and the
    /// file above the defaults.
    /// </summary>
    /// <param name="path">The user's file; null: defaults and the others only.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="options">What options set, the later above the earlier.</param>
    /// <exception cref="TinyKvException">Something cannot be read or is malformed; names the file and the line, the
    /// variable or the option.</exception>
    public static LoadedConfig Load(
        string? path, IDictionary environment, params IReadOnlyList<(string Option, string Key, string Value)> options)
    {
        var sources = new ConfigSources();
        if (path is not null) sources.AddText(path, Read(path));
        return Complete(sources, environment, options);
    }

    /// <summary>The same with what is in <paramref name="sources"/> in the place of the file.</summary>
    public static LoadedConfig Complete(
        ConfigSources sources, IDictionary environment, params IReadOnlyList<(string Option, string Key, string Value)> options)
    {
        EnvironmentSettings.AddTo(sources, environment);
        foreach (var (option, key, value) in options) sources.Add(option, key, value);
        var loaded = sources.Resolve(Reference, name => (string?)environment[name]);
        // One setting for the level of all messages; akka's own still wins where the user sets it.
        return loaded.Sets("akka.loglevel") ? loaded
            // What is no text is refused with the other settings.
            : loaded.With("akka.loglevel", loaded.Config.GetString("tinykv.server.log-level", "INFO") ?? "INFO");
    }

    private static string Read(string path)
    {
        try
        {
            return SettingsFile.Read(path);
        }
        catch (IOException failure)
        {
            throw new TinyKvException($"cannot read the configuration {path}: {failure.Message}", failure);
        }
    }
}
