using System.CommandLine;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Completion;

/// <summary><c>tinykv completion</c>: a script for a shell, which then asks this program what may come next.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create(CliHost host)
    {
        var shellArgument = new Argument<string>("SHELL")
        {
            Description = "Whose script",
            HelpName = string.Join('|', Shells),
        };
        shellArgument.CompletionSources.Add(Shells);
        var command = new Command("completion", "Prints a script that completes commands and options in a shell")
        {
            shellArgument,
        };
        command.SetAction(arguments =>
        {
            var shell = arguments.GetRequiredValue(shellArgument);
            if (!Shells.Contains(shell, StringComparer.Ordinal))
                throw new UsageException($"'{shell}' is not a shell that there is a script for: "
                    + $"expected {string.Join(", ", Shells)}");
            host.Text.Write(Script(shell));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var resource = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"TinyKv.Host.completion.{shell}")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd().Replace("@PROGRAM@", string.Join(' ', Program().Select(Quoted)), StringComparison.Ordinal);
    }

    // In all of these shells, and with a quote in a path, what is right for a POSIX shell is right enough.
    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>How this program is run: by its name it may be an alias, which scripts do not see.</summary>
    private static IEnumerable<string> Program()
    {
        var (process, assembly) = (Environment.ProcessPath ?? "tinykv", typeof(CompletionCommand).Assembly.Location);
        var isHost = !string.Equals(Path.GetFileNameWithoutExtension(process), "tinykv", StringComparison.Ordinal);
        return isHost && assembly.Length > 0 ? [process, assembly] : [process];
    }
}
