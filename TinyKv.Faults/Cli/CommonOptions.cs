using System.CommandLine;
using Spectre.Console;
using TinyKv.Core;

namespace TinyKv.Faults.Cli;

/// <summary>Options of all commands.</summary>
internal static class CommonOptions
{
    /// <summary>The assembly of the server.</summary>
    public static Option<string> Program { get; } = new("--tinykv")
    {
        Description = "The tinykv.dll to run. [default: the one that was built beside this program]",
        HelpName = "FILE",
    };

    /// <summary>What decides everything that is drawn.</summary>
    public static Option<int?> Seed { get; } = new("--seed")
    {
        Description = "Decides everything that is drawn. [default: drawn and printed]",
        HelpName = "N",
    };

    /// <summary>One of the journals that a command can test.</summary>
    public static Option<string> Journal(params string[] journals)
    {
        var option = new Option<string>("--journal")
        {
            Description = "The journal of the stores.",
            DefaultValueFactory = _ => "rocksdb",
        };
        option.AcceptOnlyFromAmong(journals);
        return option;
    }

    /// <summary>Finds the server.</summary>
    /// <exception cref="TinyKvException">It is not there.</exception>
    public static string FindProgram(ParseResult arguments)
    {
        var built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "TinyKv.Host",
            Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "tinykv.dll"));
        var program = arguments.GetValue(Program) ?? built;
        return File.Exists(program) ? program : throw new TinyKvException(
            $"{program} is missing; build it first: dotnet build TinyKv.sln -c Release");
    }

    /// <summary>The seed, which is printed.</summary>
    public static int DrawSeed(ParseResult arguments)
    {
        var seed = arguments.GetValue(Seed) ?? Random.Shared.Next();
        Console.WriteLine($"seed {seed}");
        return seed;
    }

    /// <summary>Standard output; a table that nobody watches is not cut to a screen's width.</summary>
    public static IAnsiConsole Output()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = 10_000;
        return console;
    }
}
