using System.CommandLine;
using System.Text.Json;
using TinyKv.Benchmarks.Compare;
using TinyKv.Benchmarks.Targets;

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
        var kind = new Option<OperationKind>("--workload") { DefaultValueFactory = _ => OperationKind.Put };
        var clients = Number("--clients", 256, "Operations under way at once");
        var rate = Number("--rate", 0, "Operations a second, whether or not earlier ones have ended; 0: as many as clients");
        var warmup = Number("--warmup", 3, "Seconds that are not counted");
        var duration = Number("--duration", 10, "Seconds that are counted");
        var keys = Number("--keys", 10_000, "How many keys there are");
        var value = Number("--value-bytes", 256, "The size of a value");
        var batch = Number("--batch", 64, "Pairs of a batch");
        var connections = Number("--connections", 1, "Connections to the system");
        var fill = new Option<bool>("--fill") { Description = "Write every key once before" };
        var servers = new Option<int[]>("--pid")
        {
            Description = "A process whose processor time counts; may be repeated",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("load", "Puts load on a system that runs")
        {
            target, endpoints, kind, clients, rate, warmup, duration, keys, value, batch, connections, fill, servers,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var workload = new Workload(arguments.GetValue(kind), arguments.GetValue(keys), arguments.GetValue(value),
                arguments.GetValue(batch));
            var plan = new LoadPlan(arguments.GetValue(clients), arguments.GetValue(rate),
                TimeSpan.FromSeconds(arguments.GetValue(warmup)), TimeSpan.FromSeconds(arguments.GetValue(duration)));
            await using var connected = await TargetKind.All.Single(each => each.Name == arguments.GetValue(target))
                .Connect(arguments.GetRequiredValue(endpoints), arguments.GetValue(connections), cancellation);
            if (arguments.GetValue(fill)) await workload.FillAsync(connected, Math.Max(1, plan.Clients), cancellation);
            var measurement = await LoadGenerator.RunAsync(
                connected, workload, plan, arguments.GetValue(servers) ?? [], cancellation);
            Console.Error.WriteLine(Report.Line(measurement));
            Console.WriteLine(JsonSerializer.Serialize(measurement));
        });
        return command;
    }

    private static Option<int> Number(string name, int otherwise, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => otherwise };
}
