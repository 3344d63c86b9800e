using System.CommandLine;
using System.CommandLine.Invocation;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Cli.Server;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli;

/// <summary>Runs one command line; the only place where exceptions become messages and exit codes.</summary>
public static class CommandLine
{
    // EPIPE, which .NET passes on.
    private const int BrokenPipe = 32;

    // What commands that heed their cancellation never need.
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(15);

    private const string WhatToCheck = "is a server or a playground running there? "
        + $"--endpoint or {CommonOptions.EndpointsVariable} names others, --timeout waits longer";

    // A value may begin with '@' and an argument with '-': neither means anything special here.
    private static readonly ParserConfiguration Parsing =
        new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CliHost? host = null, CancellationToken cancellation = default)
    {
        host ??= HostOf(arguments);
        if (ArgumentText.WhyNotText(arguments) is { } notText) return ReportUsage(notText, host);
        var options = new CommonOptions();
        var parsed = RootCommandFactory.Create(host, options).Parse(arguments, Parsing);
        if (IsToRun(parsed) && UsageErrors.First(parsed, options) is { } wrong)
            return ReportUsage($"{wrong} (see '{UsageErrors.PathOf(parsed.CommandResult)} --help')", host);

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

    // Rather than to print help, the version or what completes it, errors or not.
    private static bool IsToRun(ParseResult parsed) => parsed.Action is null or ParseErrorAction
        || parsed.Action == parsed.CommandResult.Command.Action;

    private static int ReportUsage(string message, CliHost host)
    {
        host.Error.WriteLine($"tinykv: {message}");
        return ExitCode.Usage;
    }

    /// <summary>How long after Ctrl-C or SIGTERM the process ends although the command does not: later than the limits
    /// that commands have themselves. Null: the command handles these signals, and has a limit of its own.</summary>
    internal static TimeSpan? TerminationTimeout(string command) => command switch
    {
        "server" => null,
        "playground" => CleanupTimeout + StoreProcess.StopTimeout,
        _ => CleanupTimeout,
    };

    private static int Report(Exception error, bool verbose, CliHost host)
    {
        // Whoever read the output has enough, as in 'raw export | head'.
        if (error is IOException { HResult: BrokenPipe }) return ExitCode.Failure;
        var (code, message) = error switch
        {
            UsageException => (ExitCode.Usage, error.Message),
            TinyKvUnavailableException { IsUnreachable: true } => (ExitCode.Failure, $"{error.Message}; {WhatToCheck}"),
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
}
