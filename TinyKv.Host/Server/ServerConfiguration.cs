using System.Reflection;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using TinyKv.Core;

namespace TinyKv.Host.Server;

/// <summary>
/// Makes one configuration of the user's file, the command line and the projects' defaults.
/// </summary>
internal static class ServerConfiguration
{
    private static readonly string[] Projects =
        ["TinyKv.Host", "TinyKv.Actors", "TinyKv.Persistence", "TinyKv.Protocol"];

    /// <summary>The defaults of all projects.</summary>
    public static Config Reference { get; } = Projects
        .Select(project => ConfigurationFactory.ParseString(ReferenceText(project)))
        .Aggregate((all, next) => all.WithFallback(next));

    /// <summary>The texts of the reference files by project, with their comments.</summary>
    public static IEnumerable<(string Project, string Text)> ReferenceTexts =>
        Projects.Select(project => (project, ReferenceText(project)));

    /// <summary>Overrides first, then the file, then the defaults.</summary>
    /// <param name="path">The user's file; null: defaults and overrides only.</param>
    /// <param name="overrides">Full keys and their values, as the command line gives them.</param>
    /// <exception cref="TinyKvException">The file cannot be read, or is not HOCON; names it and the
    /// line.</exception>
    public static Config Load(string? path, params IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        var user = path is null ? Config.Empty : Parse(path, Read(path));
        foreach (var (key, value) in overrides)
            user = ConfigurationFactory.ParseString($"{key} = {Quoted(value)}").WithFallback(user);
        var config = user.WithFallback(Reference);
        // One setting for the level of all messages; akka's own still wins where the user sets it.
        var level = ConfigurationFactory.ParseString(
            $"akka.loglevel = {Quoted(config.GetString("tinykv.server.log-level", "INFO"))}");
        return user.WithFallback(level).WithFallback(Reference);
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var reason = failure switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
                UnauthorizedAccessException => "this user may not read it",
                _ => failure.Message,
            };
            throw new TinyKvException($"cannot read the configuration {path}: {reason}", failure);
        }
    }

    private static Config Parse(string path, string text)
    {
        HoconSyntax.Check(path, text);
        Config config;
        try
        {
            config = ConfigurationFactory.ParseString(text);
        }
        catch (Exception failure)
        {
            // The parser throws what it meets; a NullReferenceException is what it has for "include".
            var reason = failure is NullReferenceException ? "'include' is not supported"
                : failure.Message.ReplaceLineEndings("\n").Split('\n')[0];
            throw new TinyKvException(
                $"{path}{Line(text, failure.Message)}: not valid HOCON: {reason}", failure);
        }
        CheckValues(path, "", config.Root.GetObject());
        return config;
    }

    private static void CheckValues(string path, string prefix, HoconObject? values)
    {
        foreach (var (key, value) in values?.Items ?? [])
        {
            var full = prefix + key;
            if (prefix.Length == 0 && key is not ("tinykv" or "akka"))
                throw new TinyKvException($"{path}: unknown key '{key}'; settings are under tinykv and akka");
            if (value.IsEmpty && !value.IsString())
                throw new TinyKvException($"{path}: {full} has no value");
            if (value.IsObject()) CheckValues(path, full + ".", value.GetObject());
        }
    }

    private static string Line(string text, string message)
    {
        const string mark = "at position ";
        var start = message.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0) return "";
        var digits = new string([.. message.Skip(start + mark.Length).TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, out var position) && position <= text.Length
            ? $", line {text.AsSpan(0, position).Count('\n') + 1}" : "";
    }

    private static string Quoted(string value) =>
        '"' + value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + '"';

    private static string ReferenceText(string project)
    {
        var assembly = project == "TinyKv.Host"
            ? typeof(ServerConfiguration).Assembly : Assembly.Load(new AssemblyName(project));
        using var stream = assembly.GetManifestResourceStream($"{project}.reference.conf");
        Invariant.Holds(stream is not null, $"{project} has no reference.conf");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
