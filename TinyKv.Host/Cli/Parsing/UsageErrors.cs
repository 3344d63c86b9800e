using System.CommandLine;
using System.CommandLine.Parsing;
using TinyKv.Core;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>
/// What is wrong with a command line: what was found and what would be right. The library's own error action does not serve:
/// it exits with 1, writes suggestions to standard output, knows no command below another, and takes a misspelt option of a
/// command with arguments for an argument. Where its message says what is wrong as well as ours would, it is used.
/// </summary>
internal static class UsageErrors
{
    /// <summary>The first thing that is wrong, or null when nothing is.</summary>
    public static string? First(ParseResult parsed, CommonOptions options)
    {
        if (parsed.Errors.Count > 0) return Unknown(parsed) ?? Missing(parsed) ?? Invalid(parsed.Errors[0]);
        return options.Misplaced(parsed) is { } option
            ? $"{option.Name} means nothing to '{PathOf(parsed.CommandResult)}'" : null;
    }

    /// <summary>The command that was recognized, as it is called.</summary>
    public static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}" : "tinykv";

    /// <summary>That a group has no command of a name, and which was meant.</summary>
    /// <param name="word">The name.</param>
    /// <param name="group">The group; may be a command without any below it.</param>
    /// <param name="path">How the group is called.</param>
    public static string NoCommand(string word, Command group, string path) => $"'{word}' is no command of '{path}'"
        + (Suggestion.ForCommand(word, group) is { } meant ? $": did you mean '{path} {meant}'?"
            : group.Subcommands.Count > 0 ? $": {Expected(group)}" : "");

    private static string? Unknown(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [var first, ..]) return null;
        var (command, path) = (parsed.CommandResult.Command, PathOf(parsed.CommandResult));
        // A command that takes arguments takes for one what is like an option, and has one too many then.
        var optionLike = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && IsOptionLike(token.Value))
            .Select(token => token.Value).Append(IsOptionLike(first) ? first : null).FirstOrDefault(word => word is not null);
        if (optionLike is not null)
        {
            var meant = Similar.Nearest(optionLike, OptionsOf(parsed.CommandResult));
            return $"'{optionLike}' is no option of '{path}'" + (meant is null ? "" : $": did you mean '{meant}'?");
        }
        if (command.Subcommands.Count == 0)
            return $"'{first}' is too much: '{path}' takes {ArgumentsOf(command)}";
        return NoCommand(first, command, path);
    }

    private static string? Missing(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && command.Action is null) return $"a command is missing: {Expected(command)}";
        var argument = command.Arguments.FirstOrDefault(argument =>
            argument.Arity.MinimumNumberOfValues > (parsed.GetResult(argument)?.Tokens.Count ?? 0));
        return argument is null ? null
            : $"{argument.Name} is missing: expected '{PathOf(parsed.CommandResult)} {ArgumentsOf(command)}'";
    }

    private static string Invalid(ParseError error) =>
        error.SymbolResult is OptionResult { Implicit: false, Option: var option } result
            && result.Tokens.Count < option.Arity.MinimumNumberOfValues
            ? $"{option.Name} has no value: expected {option.Name} {option.HelpName}" : error.Message.TrimEnd('.');

    private static string Expected(Command group) => "expected "
        + string.Join(", ", group.Subcommands.Where(command => !command.Hidden).Select(command => command.Name));

    private static string ArgumentsOf(Command command) => command.Arguments.Count == 0 ? "no arguments"
        : string.Join(' ', command.Arguments.Select(UsageOf));

    private static string UsageOf(Argument argument) => (argument.HelpName ?? argument.Name)
        + (argument.Arity.MaximumNumberOfValues > 1 ? " ..." : "");

    private static bool IsOptionLike(string word) => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal);

    private static IEnumerable<string> OptionsOf(CommandResult result)
    {
        var here = result.Command.Options.Where(option => !option.Hidden)
            .SelectMany(option => option.Aliases.Prepend(option.Name));
        return result.Parent is CommandResult parent
            ? here.Concat(parent.Command.Options.Where(option => option.Recursive).Select(option => option.Name)) : here;
    }
}
