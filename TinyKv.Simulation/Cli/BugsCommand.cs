using System.CommandLine;
using System.Text.Json;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Planted;

namespace TinyKv.Simulation.Cli;

/// <summary><c>bugs</c>: plants bugs, and shows which seed finds each, and by which rule.</summary>
internal static class BugsCommand
{
    private static readonly Argument<string> Word = new("WORD")
    {
        Description = "Plants only bugs with this in their names or subjects.",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<string?> In = new("--in")
    {
        Description = "Where bugs are planted. [default: everywhere]",
        HelpName = "core|nodes|snapshots",
    };

    private static readonly Option<bool> Table = new("--table")
    {
        Description = "Plants nothing: prints the table in docs/testing.md.",
    };

    private static readonly Option<bool> Stdin = new("--stdin")
    {
        Description = "Reads names of bugs from standard input, a line each, and answers each with a line of JSON; an empty "
            + "line stands for the sources as they are. Needs --in.",
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        In.AcceptOnlyFromAmong("core", "nodes", "snapshots");
        var command = new Command("bugs", "Plants bugs one by one, and prints which seed finds each, and how it shows")
        {
            Word, In, Table, Stdin,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Stdin) && result.GetValue(In) is null) result.AddError("--stdin needs --in");
        });
        command.SetAction(arguments =>
        {
            IReadOnlyList<BugHunt> hunts = arguments.GetValue(In) switch
            {
                "core" => [BugHunt.Core],
                "nodes" => [BugHunt.Nodes],
                "snapshots" => [BugHunt.Snapshots],
                _ => BugHunt.All,
            };
            if (arguments.GetValue(Table)) return Print(BugTable.Lines(hunts));
            return arguments.GetValue(Stdin) ? Answer(hunts[0]) : Hunt(hunts, arguments.GetRequiredValue(Word));
        });
        return command;
    }

    private static int Print(IEnumerable<string> lines)
    {
        foreach (var line in lines) Console.WriteLine(line);
        return SimulationCommandLine.Success;
    }

    private static int Hunt(IReadOnlyList<BugHunt> hunts, string word)
    {
        var (planted, failed) = (0, 0);
        foreach (var hunt in hunts)
        {
            foreach (var bug in hunt.Named(word))
            {
                planted++;
                var answer = Ask(() => hunt.LookFor(bug));
                if (answer.Problem is not null) failed++;
                Console.WriteLine($"{bug.Name}: {answer.Text}");
            }
        }
        if (planted == 0) throw new SimulationException($"no planted bug has '{word}' in its name or subject");
        Console.WriteLine($"{planted - failed} of {planted} bugs were found, by the rules that they break");
        return failed > 0 ? SimulationCommandLine.Failure : SimulationCommandLine.Success;
    }

    // So that those who ask one by one pay once for what is compiled again and again.
    private static int Answer(BugHunt hunt)
    {
        // What the sources print while a bug is in them is no answer.
        var answers = Console.Out;
        Console.SetOut(Console.Error);
        while (Console.ReadLine() is { } name)
        {
            var answer = Ask(() => name.Length == 0 ? hunt.LookForNothing() : hunt.LookFor(hunt.Find(name)));
            answers.WriteLine(JsonSerializer.Serialize(answer));
        }
        return SimulationCommandLine.Success;
    }

    private static Answer Ask(Func<Verdict> question)
    {
        try
        {
            var verdict = question();
            return new Answer(verdict.Problem, $"{verdict}");
        }
        catch (SimulationException e)
        {
            return new Answer(e.Message, e.Message);
        }
    }
}

/// <summary>What <c>bugs --stdin</c> says of one bug.</summary>
/// <param name="Problem">Why it is not as it must be, or null.</param>
/// <param name="Text">What was found.</param>
internal sealed record Answer(string? Problem, string Text);
