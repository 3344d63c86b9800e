using System.CommandLine;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Faults.PowerCuts;

namespace TinyKv.Faults.Cli;

/// <summary><c>powercut</c>: the power of the disk fails under load.</summary>
internal static class PowerCutCommand
{
    private static readonly Option<int> Cuts = new("--cuts")
    {
        Description = "How many cuts.",
        HelpName = "N",
        DefaultValueFactory = _ => 40,
    };

    private static readonly Option<int> Stores = new("--stores")
    {
        Description = "How many stores there are, all on the same disk.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double> Bound = new("--bound")
    {
        Description = "How soon the stores must serve after a cut, in seconds.",
        HelpName = "S",
        DefaultValueFactory = _ => 60,
    };

    private static readonly Option<bool> ExpectLoss = new("--expect-loss")
    {
        Description = "Switches the journal's syncs off: fails unless acknowledged writes get lost. Shows that the "
            + "test can see a loss; not with the sqlite journal.",
    };

    private static readonly Option<string> Journal = CommonOptions.Journal("rocksdb", "sqlite", PostgreSqlServer.Journal);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("powercut",
            "Cuts the power of the stores' disk under load, and checks that no acknowledged write is lost")
        {
            Cuts, Stores, Bound, ExpectLoss, Journal, CommonOptions.Seed, CommonOptions.Program,
        };
        command.SetAction((arguments, cancellation) =>
        {
            var program = CommonOptions.FindProgram(arguments);
            var journal = arguments.GetRequiredValue(Journal);
            if (arguments.GetValue(ExpectLoss) && journal == "sqlite")
                throw new TinyKvException(
                    "--expect-loss needs --journal rocksdb or postgresql: sqlite cannot be told not to sync");
            if (journal == PostgreSqlServer.Journal) PostgreSqlServer.RequirePrograms();
            return FaultsCommandLine.IsolatedAsync(arguments,
                (directory, stop) => RunAsync(arguments, program, directory, stop), cancellation);
        });
        return command;
    }

    private static async Task<bool> RunAsync(
        ParseResult arguments, string program, string directory, CancellationToken stop)
    {
        var expectLoss = arguments.GetValue(ExpectLoss);
        var run = new PowerCutRun(new PowerCutOptions
        {
            Program = program,
            Directory = directory,
            Journal = arguments.GetRequiredValue(Journal),
            Seed = CommonOptions.DrawSeed(arguments),
            Cuts = arguments.GetValue(Cuts),
            Stores = arguments.GetValue(Stores),
            WithoutSync = expectLoss,
            Bound = TimeSpan.FromSeconds(arguments.GetValue(Bound)),
        }, Console.Out);
        try
        {
            await run.RunAsync(stop);
        }
        catch (Exception e) when (e is TinyKvException or TinyKvClientException)
        {
            await Console.Error.WriteLineAsync($"tinykv-faults: {e.Message}");
            return false;
        }
        finally
        {
            Console.WriteLine(run.Summary());
        }
        if (expectLoss) Console.WriteLine(run.Lost ? "as expected without syncs" : "FAILED: a loss was expected");
        return run.Lost == expectLoss;
    }
}
