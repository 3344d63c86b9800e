using System.CommandLine;

namespace TinyKv.Faults.Cli;

internal static class PowerCutCommand
{
    public static Command Create() => new("powercut", "x");
}
