using TinyKv.Benchmarks.Clusters;
using TinyKv.Benchmarks.Load;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using Command = System.CommandLine.Command;

namespace TinyKv.Benchmarks.Transfers;

/// <summary><c>transfer</c>: what writers notice of leadership that is handed on.</summary>
internal static class TransferCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var transfers = NumberOption.Of("--transfers", 50, "How often leadership is handed to the next store");
        var heat = NumberOption.Of("--heat", 20, "Seconds of writes before the first transfer", atLeast: 0);
        var data = DataOption.Create();
        var command = new Command("transfer", "Measures the pause of the writes when leadership is handed on")
        {
            transfers, heat, data,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var scratch = TemporaryDirectory.OnDisk(arguments.GetRequiredValue(data));
            await using var cluster = TinyKvStores.Create(scratch.Sub("transfer"), "rocksdb", ProcessCluster.OwnProgram);
            var seen = await new LeaderTransfers(cluster, Console.Error.WriteLine).MeasureAsync(
                arguments.GetValue(transfers), TimeSpan.FromSeconds(arguments.GetValue(heat)), cancellation);
            Console.WriteLine($"pause of the writes over {seen.Others.Count} transfers: {seen.Others.Text()}");
            Console.WriteLine($"in as long a time without a transfer: {seen.Without.Text()}");
            Console.WriteLine($"over the first transfer to each store, before these: {seen.First.Text()}");
            Console.WriteLine($"{seen.Failed} of {seen.Failed + seen.Acknowledged} writes failed");
        });
        return command;
    }
}
