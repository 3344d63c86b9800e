using System.CommandLine;
using System.CommandLine.Invocation;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Server;

namespace TinyKv.Host.Cli;

/// <summary>Runs one command line; the only place where exceptions become messages and exit codes.</summary>
public static class CommandLine
{
    // EPIPE, which .NET passes on.
    private const int BrokenPipe = 32;

    // What commands that heed their cancellation never need.
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(15);

    // A value may begin with '@' and an argument with '-': neither means anything special here.
    private static readonly ParserConfiguration Parsing =
        new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CliHost? host = null, CancellationToken cancellation = default)
    {
        host ??= HostOf(arguments);
        var parsed = RootCommandFactory.Create(host).Parse(arguments, Parsing);
        if (parsed.Action is ParseErrorAction or null) return ReportUsage(parsed, host);

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTimeout(parsed.CommandResult.Command.Name),
            Output = host.Text,
            Error = host.Error,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (Exception error)
        {
            return Report(error, parsed.GetValue<bool>("--verbose"), host);
        }
    }

    // What runs a store must outlive its output.
    private static CliHost HostOf(IReadOnlyList<string> arguments)
    {
        var command = arguments.FirstOrDefault(argument => !argument.StartsWith('-'));
        if (command == "server") ServerProcess.GuardThreads();
        return command is "server" or "playground" ? CliHost.OfService() : CliHost.OfProcess();
    }

    private static int ReportUsage(ParseResult parsed, CliHost host)
    {
        foreach (var error in parsed.Errors) host.Error.WriteLine($"tinykv: {error.Message}");
        host.Error.WriteLine($"Run '{PathOf(parsed)} --help' for usage.");
        return ExitCode.Usage;
    }

    /// <summary>How long after Ctrl-C or SIGTERM the process ends although the command does not: later than the limits
    /// that commands have themselves.</summary>
    internal static TimeSpan TerminationTimeout(string command) => CleanupTimeout + command switch
    {
        "server" => ServerSettings.MaxShutdownTimeout,
        "playground" => StoreProcess.StopTimeout,
        _ => TimeSpan.Zero,
    };

    private static int Report(Exception error, bool verbose, CliHost host)
    {
        // Whoever read the output has enough, as in 'raw export | head'.
        if (error is IOException { HResult: BrokenPipe }) return ExitCode.Failure;
        var (code, message) = error switch
        {
            UsageException => (ExitCode.Usage, error.Message),
            TinyKvUnavailableException => (ExitCode.Failure, $"{error.Message} (nothing was done)"),
            TinyKvUndeterminedException => (ExitCode.Failure, $"{error.Message} (the write may have been done)"),
            TinyKvClientException or TinyKvException => (ExitCode.Failure, error.Message),
            OperationCanceledException => (ExitCode.Failure, "cancelled"),
            IOException or UnauthorizedAccessException => (ExitCode.Failure, error.Message),
            _ => (ExitCode.Failure, $"unexpected {error.GetType().Name}: {error.Message} (--verbose says more)"),
        };
        host.Error.WriteLine($"tinykv: {message}");
        if (verbose) host.Error.WriteLine(error);
        return code;
    }

    private static string PathOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null;
            result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "tinykv" : result.Command.Name);
        return string.Join(' ', names);
    }
}
