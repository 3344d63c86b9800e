using System.CommandLine;
using TinyKv.Host.Cli.Parsing;

namespace TinyKv.Host.Cli;

/// <summary><c>tinykv help</c>: what <c>--help</c> says, for those who ask for it first.</summary>
internal static class HelpCommand
{
    public static Command Create(RootCommand root)
    {
        var wordsArgument = new Argument<string[]>("COMMAND")
        {
            Description = "The command to explain; all of them when none is given",
            Arity = ArgumentArity.ZeroOrMore,
            HelpName = "COMMAND",
        };
        wordsArgument.CompletionSources.Add([.. root.Subcommands.Select(command => command.Name)]);
        var command = new Command("help", "Explains a command") { wordsArgument };
        command.SetAction((arguments, cancellation) =>
        {
            var words = arguments.GetValue(wordsArgument) ?? [];
            RequireCommand(root, words);
            return root.Parse([.. words, "--help"], arguments.Configuration)
                .InvokeAsync(arguments.InvocationConfiguration, cancellation);
        });
        return command;
    }

    private static void RequireCommand(Command root, string[] words)
    {
        var (command, path) = (root, "tinykv");
        foreach (var word in words)
        {
            var next = command.Subcommands.FirstOrDefault(each => string.Equals(each.Name, word, StringComparison.Ordinal));
            if (next is null) throw new UsageException(UsageErrors.NoCommand(word, command, path));
            (command, path) = (next, $"{path} {word}");
        }
    }
}
