using System.CommandLine;
using TinyKv.Core;
using TinyKv.Faults.Campaigns;

namespace TinyKv.Faults.Cli;

/// <summary><c>campaign</c>: faults on three stores under load.</summary>
internal static class CampaignCommand
{
    private static readonly Option<int> Kills = new("--kills")
    {
        Description = "Continues until so many processes have been killed; each kind of fault is done at least once.",
        HelpName = "N",
    };

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "Runs for so long.",
        HelpName = "M",
    };

    private static readonly Option<string> Kinds = new("--faults")
    {
        Description = "The kinds of faults to do, with commas between; all, when it is not given: "
            + string.Join("; ", FaultKinds.All.Select(fault => $"{fault.Name} ({fault.Description})")) + ".",
        HelpName = "A,B,C",
    };

    private static readonly Option<double> LongestPause = new("--longest-pause")
    {
        Description = "The longest SIGSTOP, in seconds.",
        HelpName = "S",
        DefaultValueFactory = _ => 60,
    };

    private static readonly Option<double> Bound = new("--bound")
    {
        Description = "How soon everything must be well again after a fault, in seconds.",
        HelpName = "S",
        DefaultValueFactory = _ => 45,
    };

    private static readonly Option<double> PauseBound = new("--pause-bound")
    {
        Description = "The longest time without an answered write while a majority runs, in seconds: others must notice "
            + "the fault and elect a leader, and clients find it.",
        HelpName = "S",
        DefaultValueFactory = _ => 30,
    };

    private static readonly Option<int> Clients = new("--clients")
    {
        Description = "How many clients there are.",
        HelpName = "N",
        DefaultValueFactory = _ => 20,
    };

    private static readonly Option<string> Journal = CommonOptions.Journal("rocksdb", "sqlite");

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("campaign",
            "Does faults to three store processes under load, and checks that the histories are linearizable")
        {
            Kills, Minutes, Kinds, LongestPause, Bound, PauseBound, Clients, Journal, CommonOptions.Seed, CommonOptions.Program,
        };
        command.SetAction((arguments, cancellation) =>
        {
            var program = CommonOptions.FindProgram(arguments);
            var kinds = FaultKinds.Named(arguments.GetValue(Kinds));
            return FaultsCommandLine.IsolatedAsync(arguments, async (directory, stop) =>
            {
                var report = new CampaignReport(CommonOptions.Output());
                var campaign = new Campaign(new CampaignOptions
                {
                    Program = program,
                    Directory = directory,
                    Journal = arguments.GetRequiredValue(Journal),
                    Kinds = kinds,
                    Seed = CommonOptions.DrawSeed(arguments),
                    Kills = arguments.GetValue(Kills),
                    Time = TimeSpan.FromMinutes(arguments.GetValue(Minutes)),
                    LongestPause = TimeSpan.FromSeconds(Math.Max(1, arguments.GetValue(LongestPause))),
                    Bound = TimeSpan.FromSeconds(arguments.GetValue(Bound)),
                    PauseBound = TimeSpan.FromSeconds(arguments.GetValue(PauseBound)),
                    Clients = arguments.GetValue(Clients),
                }, report);
                try
                {
                    await campaign.RunAsync(stop);
                }
                catch (TinyKvException e)
                {
                    await Console.Error.WriteLineAsync($"tinykv-faults: {e.Message}");
                    return false;
                }
                finally
                {
                    report.Summarize(campaign.History);
                }
                return !report.Failed;
            }, cancellation);
        });
        return command;
    }
}
