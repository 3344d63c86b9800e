using System.CommandLine;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Nodes;
using TinyKv.Simulation.Raft;
using TinyKv.Simulation.Snapshots;

namespace TinyKv.Simulation.Cli;

/// <summary><c>core</c>, <c>nodes</c> and <c>snapshots</c>: runs seeds, or replays one.</summary>
internal static class SeedCommand
{
    /// <summary>Seeds of the core.</summary>
    public static Command Core() => Create<CoreOutcome, Mark>(
        "core", "Runs groups of Raft cores: a line with a digest for each seed", 3000,
        CoreCampaign.Run, seed => CoreSimulation.Run(seed, readable: true));

    /// <summary>Seeds of whole stores.</summary>
    public static Command Nodes() => Create<NodeOutcome, NodeMark>(
        "nodes", "Runs clusters of whole stores, for a minute of their time: a line with a digest for each seed", 60,
        NodeCampaign.Run, seed => NodeSimulation.Run(seed, readable: true));

    /// <summary>Seeds of snapshots.</summary>
    public static Command Snapshots() => Create<SnapshotOutcome, SnapshotMark>(
        "snapshots", "Runs fetches and installations of snapshots: a line with a digest for each seed", 3000,
        SnapshotCampaign.Run, seed => SnapshotCampaign.Run(seed, readable: true));

    private static Command Create<TOutcome, TMark>(string name, string description, int seeds,
        Func<int, int, IEnumerable<TOutcome>> run, Func<int, TOutcome> replay)
        where TOutcome : IOutcome<TMark>
        where TMark : struct, Enum
    {
        var seed = Number("--seed", "Replays one seed, and prints all that happens in it.");
        var first = Number("--first", "The first seed. [default: 1]");
        var count = Number("--count", $"How many seeds. [default: {seeds}]");
        var marks = new Option<bool>("--marks")
        {
            Description = "Prints in the end how often each fault and each rare state was reached.",
        };
        var command = new Command(name, description) { seed, first, count, marks };
        command.Validators.Add(result =>
        {
            if (result.GetResult(seed) is not null && (result.GetResult(first) ?? result.GetResult(count)) is not null)
                result.AddError("--seed replays one seed: it takes neither --first nor --count");
        });
        command.SetAction(arguments =>
        {
            var total = new Marks<TMark>();
            var failed = false;
            foreach (var outcome in arguments.GetValue(seed) is { } one
                ? [replay(one)] : run(arguments.GetValue(first) ?? 1, arguments.GetValue(count) ?? seeds))
            {
                foreach (var line in outcome.Trace) Console.WriteLine(line);
                Console.WriteLine(outcome);
                total.Add(outcome.Marks);
                failed |= outcome.Failed;
            }
            if (arguments.GetValue(marks)) Console.WriteLine(total);
            return failed ? SimulationCommandLine.Failure : SimulationCommandLine.Success;
        });
        return command;
    }

    private static Option<int?> Number(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any()) return;
            if (result.GetValueOrDefault<int?>() is <= 0) result.AddError($"{name} is a number from 1 on");
        });
        return option;
    }
}
