using System.CommandLine;
using TinyKv.Simulation.Mutants;

namespace TinyKv.Simulation.Cli;

/// <summary><c>mutants</c>: plants bugs, and shows which seed finds each.</summary>
internal static class MutantsCommand
{
    private static readonly Argument<string> Word = new("WORD")
    {
        Description = "Plants only bugs with this in their names.",
        DefaultValueFactory = _ => "",
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("mutants", "Plants bugs one by one, and prints which seed finds each, and how it shows")
        {
            Word,
        };
        command.SetAction(arguments => Print(arguments.GetRequiredValue(Word)));
        return command;
    }

    private static int Print(string word)
    {
        var (planted, missed) = (0, 0);
        foreach (var hunt in (MutantHunt[])[MutantHunt.Core, MutantHunt.Nodes])
        {
            foreach (var (line, failure) in hunt.Table(word))
            {
                Console.WriteLine(line);
                Console.Error.WriteLine(failure?.Split(Environment.NewLine)[0]);
                planted++;
                if (failure is null) missed++;
            }
        }
        if (planted == 0) Console.Error.WriteLine($"simulation: no planted bug has '{word}' in its name");
        return planted == 0 || missed > 0 ? SimulationCommandLine.Failure : SimulationCommandLine.Success;
    }
}
