using System.CommandLine;
using System.Text.Json;
using TinyKv.Benchmarks.Compare;
using TinyKv.Benchmarks.Targets;
using TinyKv.Benchmarks.Ycsb;
using TinyKv.Testing.Ycsb;

namespace TinyKv.Benchmarks.Load;

/// <summary><c>load</c>: puts load on a system that runs already.</summary>
internal static class LoadCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var target = new Option<string>("--target") { DefaultValueFactory = _ => TargetKind.TinyKvClient.Name };
        target.AcceptOnlyFromAmong([.. TargetKind.All.Select(kind => kind.Name)]);
        var endpoints = new Option<string[]>("--endpoint")
        {
            Description = "host:port of a member; may be repeated",
            DefaultValueFactory = _ => ["127.0.0.1:20160"],
            AllowMultipleArgumentsPerToken = true,
        };
        var workload = new Option<string>("--workload") { DefaultValueFactory = _ => nameof(OperationKind.Put) };
        workload.AcceptOnlyFromAmong([.. Enum.GetNames<OperationKind>(), .. YcsbMix.All.Select(YcsbName)]);
        var clients = NumberOption.Of("--clients", 256, "Operations under way at once");
        var rate = NumberOption.Of(
            "--rate", 0, "Operations a second, whether or not earlier ones have ended; 0: as many as clients", atLeast: 0);
        var warmup = NumberOption.Of("--warmup", 3, "Seconds that are not counted", atLeast: 0);
        var duration = NumberOption.Of("--duration", 10, "Seconds that are counted");
        var keys = NumberOption.Of("--keys", 10_000, "How many keys there are; for YCSB: records");
        var value = NumberOption.Of("--value-bytes", 256, "The size of a value", atLeast: 0);
        var batch = NumberOption.Of("--batch", 64, "Pairs of a batch");
        var connections = NumberOption.Of("--connections", 1, "Connections to the system");
        var fill = new Option<bool>("--fill") { Description = "Write every key once before" };
        var servers = new Option<int[]>("--pid")
        {
            Description = "A process whose processor time counts; may be repeated",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("load", "Puts load on a system that runs")
        {
            target, endpoints, workload, clients, rate, warmup, duration, keys, value, batch, connections, fill, servers,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var plan = new LoadPlan(arguments.GetValue(clients), arguments.GetValue(rate),
                TimeSpan.FromSeconds(arguments.GetValue(warmup)), TimeSpan.FromSeconds(arguments.GetValue(duration)));
            await using var connected = await TargetKind.All.Single(each => each.Name == arguments.GetValue(target))
                .Connect(arguments.GetRequiredValue(endpoints), arguments.GetValue(connections), cancellation);
            var (name, count) = (arguments.GetRequiredValue(workload), arguments.GetValue(keys));
            // What fills is no part of the plan: an open loop has no clients.
            var filling = arguments.GetValue(fill) ? Math.Max(1, plan.Clients) : 0;
            var load = YcsbMix.All.FirstOrDefault(mix => YcsbName(mix) == name) is { } chosen
                ? await YcsbAsync(connected, chosen, count, filling, cancellation)
                : await SimpleAsync(connected, new Workload(Enum.Parse<OperationKind>(name), count,
                    arguments.GetValue(value), arguments.GetValue(batch)), filling, cancellation);
            var measurement = await LoadGenerator.RunAsync(
                connected, load, plan, arguments.GetValue(servers) ?? [], cancellation);
            Console.Error.WriteLine(Report.Line(measurement));
            Console.WriteLine(JsonSerializer.Serialize(measurement));
        });
        return command;
    }

    private static async Task<IWorkload> YcsbAsync(
        ITarget target, YcsbMix mix, int records, int filling, CancellationToken cancellation)
    {
        if (filling == 0) return YcsbCluster.Loaded(records).Workload(mix);
        var cluster = new YcsbCluster(records);
        await LoadGenerator.RunOnceAsync(target, cluster.Load, records, filling, [], cancellation);
        return cluster.Workload(mix);
    }

    private static async Task<IWorkload> SimpleAsync(
        ITarget target, Workload workload, int filling, CancellationToken cancellation)
    {
        if (filling > 0) await workload.FillAsync(target, filling, cancellation);
        return workload;
    }

    private static string YcsbName(YcsbMix mix) => $"Ycsb{mix.Name}";
}
