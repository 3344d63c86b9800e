using System.CommandLine;
using TinyKv.Benchmarks.Clusters;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using Command = System.CommandLine.Command;

namespace TinyKv.Benchmarks.Snapshots;

/// <summary><c>snapshot</c>: what a load notices of a snapshot that goes to a store which has joined.</summary>
internal static class SnapshotCommand
{
    private const int MiB = 1024 * 1024;
    private const int FillClients = 256;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var mebibytes = NumberOption.Of("--mebibytes", 1024, "How much the region holds");
        var value = NumberOption.Of("--value-bytes", 4096, "The size of a value");
        var rate = NumberOption.Of("--rate", 1000, "Puts a second, of 256 bytes on 10,000 other keys");
        var rounds = NumberOption.Of("--rounds", 3, "How often the store gets a snapshot");
        var heat = NumberOption.Of("--heat", 20, "Seconds of load before the first that is counted", atLeast: 0);
        var duration = NumberOption.Of("--duration", 30, "Counted seconds of the load without a snapshot");
        var set = new Option<string[]>("--set")
        {
            Description = "KEY=VALUE for the stores; may be repeated",
            AllowMultipleArgumentsPerToken = false,
        };
        var data = DataOption.Create();
        var command = new Command("snapshot", "Measures a load while a store that has joined gets a snapshot")
        {
            mebibytes, value, rate, rounds, heat, duration, set, data,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var scratch = TemporaryDirectory.OnDisk(arguments.GetRequiredValue(data));
            await using var cluster = TinyKvStores.Create(scratch.Sub("stores"), "rocksdb", ProcessCluster.OwnProgram,
                settings: string.Join('\n', arguments.GetValue(set) ?? []));
            cluster.StartMissing();
            await cluster.SettledAsync(StartTimeout, cancellation);
            await using var target = await cluster.ConnectAsync(TargetKind.TinyKvClient, connections: 4, cancellation);
            var size = arguments.GetValue(value);
            var keys = (int)((long)arguments.GetValue(mebibytes) * MiB / size);
            await new Workload(OperationKind.Put, keys, size, batch: 1).FillAsync(target, FillClients, cancellation);

            await using var client = await cluster.ConnectAsync(CallTimeout);
            var place = cluster.Layout.Stores + 1;
            await cluster.JoinAsync(place, StartTimeout, cancellation);
            var region = (await cluster.LeadersAsync(cancellation)).First(leader => leader.HasKeys).Region;
            var load = new Workload(OperationKind.Put, keys: 10_000, valueBytes: 256, batch: 1, first: keys);
            var plan = new LoadPlan(Clients: 0, arguments.GetValue(rate), TimeSpan.FromSeconds(2),
                TimeSpan.FromSeconds(arguments.GetValue(duration)));
            await LoadGenerator.RunAsync(target, load, plan with { Duration = TimeSpan.FromSeconds(arguments.GetValue(heat)) },
                servers: [], cancellation);
            var meter = new SnapshotMeter(target, load, plan, client.Admin);
            for (var round = 1; round <= arguments.GetValue(rounds); round++)
                Tell(round, await meter.MeasureAsync(region, cluster.StoreIn(place).Id, cancellation));
        });
        return command;
    }

    private static void Tell(int round, SnapshotSeen seen)
    {
        var (mebibytes, ratio) = (seen.Bytes / MiB, seen.With.Load.Milliseconds["p99"] / seen.Without.Load.Milliseconds["p99"]);
        Console.WriteLine($"round {round}, without: {seen.Without.Text}");
        Console.WriteLine($"round {round}, with: {seen.With.Text}; p99 {ratio:0.00} times as long");
        Console.WriteLine($"round {round}, snapshot: {mebibytes:0} MiB in {seen.Time.TotalSeconds:0.0} s, "
            + $"{mebibytes / seen.Time.TotalSeconds:0} MiB/s");
    }
}
