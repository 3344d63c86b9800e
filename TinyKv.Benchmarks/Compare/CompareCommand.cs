using System.CommandLine;
using Spectre.Console;
using TinyKv.Benchmarks.Clusters;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing;
using ProcessCluster = TinyKv.Testing.Processes.ProcessCluster;

namespace TinyKv.Benchmarks.Compare;

/// <summary><c>compare</c>: etcd and TinyKv in turn on this machine.</summary>
internal static class CompareCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var rounds = NumberOption.Of("--rounds", 5, "How often each system is started and measured", atLeast: 0);
        var duration = NumberOption.Of("--duration", 10, "Counted seconds of each load");
        var warmup = NumberOption.Of("--warmup", 5, "Seconds before that", atLeast: 0);
        var heat = NumberOption.Of("--heat", 20, "Seconds of load before the first that is counted", atLeast: 0);
        var keys = NumberOption.Of("--keys", 10_000, "How many keys there are");
        var value = NumberOption.Of("--value-bytes", 256, "The size of a value", atLeast: 0);
        var connections = NumberOption.Of("--connections", 4, "Connections of the load generator");
        var records = NumberOption.Of("--records", 100_000, "How many records YCSB loads, of 1,000 bytes each");
        var only = new Option<string[]>("--only")
        {
            Description = "Only loads whose name contains this; may be repeated",
            AllowMultipleArgumentsPerToken = false,
        };
        only.Validators.Add(result =>
        {
            foreach (var text in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (Scenario.All.Any(scenario => Has(scenario, text))) continue;
                var names = string.Join("', '", Scenario.All.Select(scenario => scenario.Name));
                result.AddError($"no load has '{text}' in its name; there are '{names}'");
            }
        });
        var data = DataOption.Create();
        var journal = new Option<string>("--journal") { DefaultValueFactory = _ => "rocksdb" };
        var against = new Option<string>("--against")
        {
            Description = "The tinykv.dll of another build, to compare with instead of etcd",
        };
        var json = new Option<string>("--json") { Description = "A file for everything that was measured" };
        var restartKeys = NumberOption.Of("--restart-keys", 0, "Measures a restart on so many keys; 0: not", atLeast: 0);
        var kills = NumberOption.Of("--kills", 0, "Kills the leader so many times and measures the gap; 0: not", atLeast: 0);
        var command = new Command("compare", "Compares with etcd, or with another build, on this machine")
        {
            rounds, duration, warmup, heat, keys, value, records, connections, only, data, journal, against, json,
            restartKeys, kills,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var scratch = TemporaryDirectory.OnDisk(arguments.GetRequiredValue(data));
            var journalName = arguments.GetRequiredValue(journal);
            ComparedSystem[] systems =
            [
                arguments.GetValue(against) is { } program
                    ? TinyKv("before", journalName, Path.GetFullPath(program)) : Etcd(),
                TinyKv("tinykv", journalName, ProcessCluster.OwnProgram),
            ];
            var options = new ComparisonOptions
            {
                Rounds = arguments.GetValue(rounds),
                Duration = TimeSpan.FromSeconds(arguments.GetValue(duration)),
                Warmup = TimeSpan.FromSeconds(arguments.GetValue(warmup)),
                Heat = TimeSpan.FromSeconds(arguments.GetValue(heat)),
                Keys = arguments.GetValue(keys),
                ValueBytes = arguments.GetValue(value),
                Records = arguments.GetValue(records),
                Connections = arguments.GetValue(connections),
                Scenarios = Chosen(arguments.GetValue(only) ?? []),
            };
            var series = await new Comparison(options, scratch, Log).RunAsync(systems, cancellation);
            // Whoever reads a file scrolls; the default would break every number.
            if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 180;
            if (series.Count > 0) AnsiConsole.Write(Report.Table(series));
            if (arguments.GetValue(json) is { } file)
                await File.WriteAllTextAsync(file, Report.ToJson(series), cancellation);

            if (arguments.GetValue(restartKeys) is var restart and > 0)
                await RestartAsync(systems, restart, scratch, cancellation);
            if (arguments.GetValue(kills) is var times and > 0)
                await WriteGapAsync(times, journalName, scratch, cancellation);
        });
        return command;
    }

    // What a workload of YCSB reads, its load phase has to write.
    private static IReadOnlyList<Scenario> Chosen(string[] only)
    {
        var chosen = Scenario.All.Where(scenario => only.Length == 0 || only.Any(text => Has(scenario, text))).ToHashSet();
        return [.. Scenario.All.Where(scenario => chosen.Contains(scenario)
            || (scenario is Scenario.YcsbLoad && chosen.OfType<Scenario.Ycsb>().Any()))];
    }

    private static bool Has(Scenario scenario, string text) => scenario.Name.Contains(text, StringComparison.Ordinal);

    private static async Task RestartAsync(
        ComparedSystem[] systems, int keys, TemporaryDirectory scratch, CancellationToken cancellation)
    {
        foreach (var system in systems)
        {
            await using var cluster = system.Create(scratch.Sub($"{system.Name}-restart"));
            var time = await Restart.MeasureAsync(cluster, system.Target(Scenario.First), keys, cancellation);
            Console.WriteLine($"restart of all members on {keys} keys, {system.Name}: {time.TotalSeconds:0.00} s");
        }
    }

    private static async Task WriteGapAsync(
        int kills, string journal, TemporaryDirectory scratch, CancellationToken cancellation)
    {
        await using var cluster = TinyKvStores.Create(
            scratch.Sub("write-gap"), journal, ProcessCluster.OwnProgram);
        var gaps = await new WriteGap(cluster, Log).MeasureAsync(kills, cancellation);
        Console.WriteLine($"write gap over {kills} kills of the leader: {gaps.Text()}");
    }

    private static ComparedSystem Etcd() =>
        new("etcd", directory => new EtcdCluster(directory), _ => TargetKind.Etcd);

    private static ComparedSystem TinyKv(string name, string journal, string program) =>
        new(name, directory => TinyKvStores.Create(directory, journal, program), scenario => scenario.TinyKv);

    private static void Log(string line) => Console.Error.WriteLine(line);
}
