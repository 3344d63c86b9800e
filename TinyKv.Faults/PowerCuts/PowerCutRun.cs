using System.Diagnostics;
using System.Globalization;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;
using TinyKv.Faults.Workload;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.PowerCuts;

/// <summary>
/// Cuts the power of a disk under stores that write to it, again and again. After each cut the stores are started on
/// what is left, and every key is read that was used since the cut before; at the end all keys are read. Where there are three
/// stores, one of them is about to lose a replica and to get another when the power fails.
/// </summary>
internal sealed class PowerCutRun(PowerCutOptions options, TextWriter output)
{
    private const int DiskMegabytes = 2048;
    private const int Clients = 8;
    private const int MinAnswers = 50;

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(options.Seed);
    private readonly LoadHistory _history = new();
    private readonly List<double> _recoveries = [];

    /// <summary>Whether some history was not linearizable.</summary>
    public bool Lost { get; private set; }

    // Without syncs a store may end for what it has lost.
    private bool MovesReplicas => options.Stores > 2 && !options.WithoutSync;

    /// <summary>How many cuts were done.</summary>
    public int Cuts => _recoveries.Count;

    /// <summary>Runs to the end, or until a write is lost.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var disk = await Disk.CreateAsync(Path.Combine(options.Directory, "disk"),
            Path.Combine(options.Directory, "mounted"), DiskMegabytes);
        var database = options.Journal == PostgreSqlServer.Journal
            ? await PostgreSqlServer.CreateAsync(options.Directory, Path.Combine(disk.Path, "postgresql")) : null;
        var layout = new StoreLayout(
            "powercut", [.. Enumerable.Range(0, options.Stores).Select(i => StoreAddress.Default("127.0.0.1", i))],
            options.Journal,
            database?.StoreSettings
            ?? (options.WithoutSync ? "akka.persistence.journal.tinykv-rocksdb.unsafe-no-sync = on" : ""));
        await using var cluster = new ProcessCluster(
            layout, options.Program, options.Directory, store => Path.Combine(disk.Path, $"store-{store}"));
        try
        {
            await StartAsync(cluster, database, StartBound, cancellation);
            if (options.WithoutSync) await OutliveFirstLogAsync(cluster, database, cancellation);
            while (Cuts < options.Cuts && !Lost) await CutAsync(cluster, database, disk, cancellation);
            if (!Lost) await Load.ReadAllAsync(cluster, _history, _history.Keys, cancellation);
        }
        catch (Exception e) when (e is TinyKvException or TinyKvClientException)
        {
            await output.WriteLineAsync(cluster.Logs(lines: 40));
            if (database is not null) await output.WriteLineAsync(database.Log(lines: 40));
            throw new TinyKvException($"cut {Cuts + 1}: {e.Message}", e);
        }
        Check(_history.Check(CheckLimit));
    }

    /// <summary>The numbers of the whole run.</summary>
    public string Summary()
    {
        var sorted = _recoveries.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{Cuts} power cuts on {options.Journal}, {_history.Answered + _history.Unknown} operations checked, ") +
            (sorted.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $"serving after p50 {sorted[sorted.Count / 2]:0.0} s, longest {sorted[^1]:0.0} s: ")) +
            (Lost ? "ACKNOWLEDGED WRITES WERE LOST" : "nothing was lost");
    }

    private async Task StartAsync(
        ProcessCluster cluster, PostgreSqlServer? database, TimeSpan within, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        if (database is not null) await database.StartAsync(within, cancellation);
        cluster.StartMissing();
        await cluster.ReadyAsync(within - Stopwatch.GetElapsedTime(started), cancellation);
        // Stores refuse a server without syncs, but look only when they start.
        if (options.WithoutSync && database is not null) await database.StopSyncingAsync();
    }

    // A store that finds its journal empty at its second start ends by itself. What is lost must be less than that, or
    // only the store notices, and not the check of the history. A start moves what is in the log to synced tables.
    private async Task OutliveFirstLogAsync(
        ProcessCluster cluster, PostgreSqlServer? database, CancellationToken cancellation)
    {
        await cluster.KillAsync(cluster.All);
        if (database is not null) await database.KillAsync();
        await StartAsync(cluster, database, StartBound, cancellation);
    }

    private async Task CutAsync(
        ProcessCluster cluster, PostgreSqlServer? database, Disk disk, CancellationToken cancellation)
    {
        var (before, unknown) = (_history.Answered, _history.Unknown);
        await using var load = await Load.StartAsync(
            cluster, _history, $"cut-{Cuts:d4}-", Clients, TimeSpan.Zero, _random.Next());
        await load.AnsweredAsync(MinAnswers, options.Bound, cancellation);
        var moving = MovesReplicas ? await MovingReplica.RemoveAsync(cluster, _random, options.Bound, cancellation) : null;
        await Task.Delay(TimeSpan.FromSeconds(0.1 + 0.9 * _random.NextDouble()), cancellation);
        disk.CutPower();
        await Task.WhenAll(cluster.KillAsync(cluster.All), database?.KillAsync() ?? Task.CompletedTask);
        await load.StopAsync();
        var (answered, open) = (_history.Answered - before, _history.Unknown - unknown);

        await disk.UnmountAsync();
        await disk.MountAsync();
        var started = Stopwatch.GetTimestamp();
        await StartAsync(cluster, database, options.Bound, cancellation);
        var recovery = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var keys = _history.Keys.Where(key => key.StartsWith($"cut-{Cuts:d4}-", StringComparison.Ordinal)).ToList();
        await Load.ReadAllAsync(cluster, _history, keys, cancellation);
        if (moving is not null) await moving.ReplacedAsync(cluster, options.Bound, cancellation);
        _recoveries.Add(recovery);
        var anomalies = _history.Check(CheckLimit, keys);
        var moved = moving is null ? "" : $"{moving.Region} was moved on store {moving.Store}, ";
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"cut {Cuts,3}: {answered,6} operations and {open,2} unknown on {keys.Count} keys, " +
            $"serving after {recovery:0.0} s, {moved}") +
            (anomalies.Count == 0 ? "nothing lost" : $"{anomalies.Count} keys wrong"));
        Check(anomalies);
    }

    private void Check(IReadOnlyList<string> anomalies)
    {
        if (anomalies.Count == 0) return;
        Lost = true;
        output.WriteLine($"NOT LINEARIZABLE: {anomalies[0]}");
    }
}
