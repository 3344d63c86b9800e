using TinyKv.Benchmarks.Clusters;
using TinyKv.Benchmarks.Load;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using Command = System.CommandLine.Command;

namespace TinyKv.Benchmarks.Growth;

/// <summary><c>growth</c>: what stores occupy under a load that goes on, and how long they take to start on it.</summary>
internal static class GrowthCommand
{
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var puts = NumberOption.Of("--puts", 5_000_000, "How many there are");
        var step = NumberOption.Of("--step", 500_000, "After so many puts each is told what the stores occupy");
        var keys = NumberOption.Of("--keys", 10_000, "How many keys there are");
        var value = NumberOption.Of("--value-bytes", 256, "The size of a value", atLeast: 0);
        var restarts = NumberOption.Of(
            "--restarts", 5, "How often a store is killed and started, and beside it one of an empty cluster", atLeast: 0);
        var data = DataOption.Create();
        var command = new Command("growth", "Measures what stores occupy under a load that goes on")
        {
            puts, step, keys, value, restarts, data,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var scratch = TemporaryDirectory.OnDisk(arguments.GetRequiredValue(data));
            await using var cluster = TinyKvStores.Create(scratch.Sub("growth"), "rocksdb", ProcessCluster.OwnProgram);
            cluster.StartMissing();
            await cluster.SettledAsync(StartTimeout, cancellation);
            var workload = new Workload(
                OperationKind.Put, arguments.GetValue(keys), arguments.GetValue(value), batch: 1);
            var steps = new List<GrowthStep>();
            await foreach (var taken in GrowthMeter.MeasureAsync(
                cluster, workload, arguments.GetValue(puts), arguments.GetValue(step), cancellation))
            {
                steps.Add(taken);
                Console.WriteLine(Line(taken));
            }
            var growths = steps[^1].Stores.Zip(steps[0].Stores, (end, first) => $"{(double)end.Memory / first.Memory:0.00}");
            Console.WriteLine($"memory at the end, of that after {steps[0].Puts} puts, by store: {string.Join(", ", growths)}");
            if (arguments.GetValue(restarts) is var times and > 0) await RestartAsync(cluster, times, scratch, cancellation);
        });
        return command;
    }

    private static string Line(GrowthStep step) =>
        $"{step.Puts} puts, {step.Rate:0}/s: memory {Each(step, store => store.Memory)} MiB, at most {step.Most.Memory / MiB:0}; "
        + $"journal {Each(step, store => store.Journal)} MiB, at most {step.Most.Journal / MiB:0}; "
        + $"engine {Each(step, store => store.Engine)} MiB, at most {step.Most.Engine / MiB:0}";

    private static string Each(GrowthStep step, Func<StoreSize, long> bytes) =>
        string.Join(", ", step.Stores.Select(store => $"{bytes(store) / MiB:0}"));

    private static async Task RestartAsync(
        ProcessCluster grown, int times, TemporaryDirectory scratch, CancellationToken cancellation)
    {
        await using var empty = TinyKvStores.Create(scratch.Sub("empty"), "rocksdb", ProcessCluster.OwnProgram);
        empty.StartMissing();
        await empty.SettledAsync(StartTimeout, cancellation);
        var (ofGrown, ofEmpty) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var time = 0; time < times; time++)
        {
            ofGrown.Add(await GrowthMeter.RestartAsync(grown, cancellation));
            ofEmpty.Add(await GrowthMeter.RestartAsync(empty, cancellation));
        }
        Console.WriteLine($"restart of a store to ready over {times} kills: {ofGrown.Text()}");
        Console.WriteLine($"of an empty one beside it: {ofEmpty.Text()}; "
            + $"the median {ofGrown.At(0.5) / ofEmpty.At(0.5):0.00} times as long");
    }
}
