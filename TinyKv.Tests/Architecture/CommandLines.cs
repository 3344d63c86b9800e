using System.CommandLine;

namespace TinyKv.Tests.Architecture;

/// <summary>Holds a documented command line against the real commands.</summary>
internal static class CommandLines
{
    /// <summary>What <paramref name="line"/> names and does not exist: a command, or options of it.</summary>
    public static IEnumerable<string> Unknown(Command root, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var command = root;
        var known = Names(root).ToHashSet(StringComparer.Ordinal);
        var index = 0;
        for (; index < words.Length; index++)
        {
            var next = command.Subcommands.FirstOrDefault(sub =>
                string.Equals(sub.Name, words[index], StringComparison.Ordinal));
            if (next is null) break;
            command = next;
            known.UnionWith(Names(command));
        }
        if (command.Subcommands.Count > 0)
            return [$"'{command.Name}' has no sub-command '{words.ElementAtOrDefault(index)}'"];
        return words[index..].Where(word => word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2)
            .Select(word => word.TrimEnd(']', ',', '.', ')')).Where(word => !known.Contains(word));
    }

    private static IEnumerable<string> Names(Command command) =>
        command.Options.SelectMany(option => option.Aliases.Append(option.Name));
}
