using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace TinyKv.Benchmarks.Micro;

/// <summary><c>micro</c>: parts by themselves, with BenchmarkDotNet.</summary>
internal static class MicroCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var arguments = new Argument<string[]>("ARGUMENT")
        {
            Description = "For BenchmarkDotNet, after --: -- --filter '*Codecs*' --job short",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("micro", "Measures parts by themselves") { arguments };
        command.SetAction(parsed =>
        {
            // In this process: the benchmarks reach internal types, which a generated project could not.
            var config = DefaultConfig.Instance.AddJob(
                Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).AsDefault());
            BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly)
                .Run(parsed.GetValue(arguments), config);
        });
        return command;
    }
}
