using System.CommandLine;
using Spectre.Console;
using TinyKv.Benchmarks.Clusters;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using Command = System.CommandLine.Command;

namespace TinyKv.Benchmarks.Idle;

/// <summary><c>idle</c>: what stores use that nobody asks for anything, and which of their threads.</summary>
internal static class IdleCommand
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var stores = NumberOption.Of("--stores", 3, "How many there are");
        var rounds = NumberOption.Of("--rounds", 1, "How often they are started and measured");
        // The runtime compiles again what is called, for minutes where it is called rarely.
        var settle = NumberOption.Of("--settle", 300, "Seconds from when they are ready until they are measured", atLeast: 0);
        var duration = NumberOption.Of("--duration", 30, "Measured seconds");
        var data = DataOption.Create();
        var against = new Option<string>("--against")
        {
            Description = "The tinykv.dll of another build, whose stores are idle beside these",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "KEY=VALUE for the stores of this build; may be repeated",
            AllowMultipleArgumentsPerToken = false,
        };
        var json = new Option<string>("--json") { Description = "A file for everything that was measured" };
        var command = new Command("idle", "Measures what stores use that have nothing to do")
        {
            stores, rounds, settle, duration, data, against, set, json,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var scratch = TemporaryDirectory.OnDisk(arguments.GetRequiredValue(data));
            var (count, settings) = (arguments.GetValue(stores), string.Join('\n', arguments.GetValue(set) ?? []));
            var measured = new List<StoreUse>();
            for (var round = 1; round <= arguments.GetValue(rounds); round++)
            {
                await using var clusters = new Clusters();
                if (arguments.GetValue(against) is { } program)
                    clusters.Add("before", TinyKvStores.Create(
                        scratch.Sub($"before-{round}"), "rocksdb", Path.GetFullPath(program), count));
                clusters.Add("tinykv", TinyKvStores.Create(
                    scratch.Sub($"tinykv-{round}"), "rocksdb", ProcessCluster.OwnProgram, count, settings));
                measured.AddRange(await clusters.MeasureAsync(TimeSpan.FromSeconds(arguments.GetValue(settle)),
                    TimeSpan.FromSeconds(arguments.GetValue(duration)), cancellation));
            }
            AnsiConsole.Write(IdleReport.Stores(measured));
            AnsiConsole.Write(IdleReport.Threads(measured));
            if (arguments.GetValue(json) is { } file)
                await File.WriteAllTextAsync(file, IdleReport.ToJson(measured), cancellation);
        });
        return command;
    }

    /// <summary>Clusters that are idle beside each other, so that what the machine does concerns them alike.</summary>
    private sealed class Clusters : IAsyncDisposable
    {
        private readonly List<(string Build, ProcessCluster Stores)> _clusters = [];

        public void Add(string build, ProcessCluster stores) => _clusters.Add((build, stores));

        public async Task<IReadOnlyList<StoreUse>> MeasureAsync(
            TimeSpan settle, TimeSpan duration, CancellationToken cancellation)
        {
            foreach (var (_, stores) in _clusters) stores.StartMissing();
            foreach (var (_, stores) in _clusters) await stores.SettledAsync(StartTimeout, cancellation);
            await Task.Delay(settle, cancellation);
            var meters = _clusters.Select(cluster => cluster.Stores.All
                .ToDictionary(store => store, store => new IdleMeter(cluster.Stores[store].Id))).ToList();
            await Task.Delay(duration, cancellation);
            var measured = new List<StoreUse>();
            foreach (var ((build, stores), read) in _clusters.Zip(meters))
            {
                // Asking the stores is no part of what is measured.
                var used = read.Select(meter => meter.Value.Read(build, meter.Key, leads: 0)).ToList();
                var leaders = await stores.SettledAsync(StartTimeout, cancellation);
                measured.AddRange(used.Select(store =>
                    store with { Leads = leaders.Count(leader => leader.Place == store.Store) }));
            }
            return measured;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, stores) in _clusters) await stores.DisposeAsync();
        }
    }
}
