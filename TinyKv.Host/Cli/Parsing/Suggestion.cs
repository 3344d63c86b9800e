using System.CommandLine;
using TinyKv.Core;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>The command that somebody meant who wrote something else.</summary>
internal static class Suggestion
{
    /// <summary>The path of the command that was meant, among all those below another.</summary>
    public static string? ForCommand(string word, Command group)
    {
        var paths = Paths(group, "").ToList();
        var exact = paths.FirstOrDefault(path => LastOf(path) == word);
        if (exact is not null) return exact;
        var name = Similar.Nearest(word, paths.Select(LastOf));
        return name is null ? null : paths.First(path => LastOf(path) == name);
    }

    private static IEnumerable<string> Paths(Command group, string prefix) => group.Subcommands
        .Where(command => !command.Hidden)
        .SelectMany(command => Paths(command, $"{prefix}{command.Name} ").Prepend(prefix + command.Name));

    private static string LastOf(string path) => path[(path.LastIndexOf(' ') + 1)..];
}
