using System.CommandLine;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>What somebody meant who wrote something else.</summary>
internal static class Suggestion
{
    /// <summary>The likeliest of some names, or null when none is like the word.</summary>
    public static string? For(string word, IEnumerable<string> names) => names
        .Select(name => (Name: name, Distance: Distance(word, name)))
        .Where(candidate => candidate.Distance <= Math.Max(1, Math.Min(word.Length, candidate.Name.Length) / 3))
        .OrderBy(candidate => candidate.Distance)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    /// <summary>The path of the command that was meant, among all those below another.</summary>
    public static string? ForCommand(string word, Command group)
    {
        var paths = Paths(group, "").ToList();
        var exact = paths.FirstOrDefault(path => LastOf(path) == word);
        if (exact is not null) return exact;
        var name = For(word, paths.Select(LastOf));
        return name is null ? null : paths.First(path => LastOf(path) == name);
    }

    /// <summary>How many letters must be put in, left out, replaced or swapped with their neighbours.</summary>
    internal static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[from.Length, to.Length];
    }

    private static IEnumerable<string> Paths(Command group, string prefix) => group.Subcommands
        .Where(command => !command.Hidden)
        .SelectMany(command => Paths(command, $"{prefix}{command.Name} ").Prepend(prefix + command.Name));

    private static string LastOf(string path) => path[(path.LastIndexOf(' ') + 1)..];
}
