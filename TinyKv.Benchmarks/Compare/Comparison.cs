using System.Diagnostics;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Benchmarks.Ycsb;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Compare;

/// <summary>What a comparison is made of.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>How often each system is restarted and measured.</summary>
    public required int Rounds { get; init; }

    /// <summary>Counted time of each scenario.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Time before that.</summary>
    public required TimeSpan Warmup { get; init; }

    /// <summary>Time of load after a start, before the first scenario: a virtual machine compiles what is used.</summary>
    public required TimeSpan Heat { get; init; }

    /// <summary>How many keys there are.</summary>
    public required int Keys { get; init; }

    /// <summary>The size of a value.</summary>
    public required int ValueBytes { get; init; }

    /// <summary>How many records YCSB's load phase writes.</summary>
    public required int Records { get; init; }

    /// <summary>Connections of the load generator to each system.</summary>
    public required int Connections { get; init; }

    /// <summary>Which lines.</summary>
    public required IReadOnlyList<Scenario> Scenarios { get; init; }
}

/// <summary>A system of the comparison.</summary>
/// <param name="Name">As the report names it.</param>
/// <param name="Create">Makes a cluster in a directory, and starts nothing.</param>
/// <param name="Target">How a scenario reaches it.</param>
internal sealed record ComparedSystem(
    string Name, Func<string, ServerGroup> Create, Func<Scenario, TargetKind> Target);

/// <summary>What one scenario measured on one system, in the order of the rounds.</summary>
/// <param name="System">The system.</param>
/// <param name="Client">What it was asked through.</param>
/// <param name="Scenario">The load.</param>
/// <param name="Rounds">What was measured.</param>
internal sealed record Series(string System, string Client, Scenario Scenario, List<Measurement> Rounds);

/// <summary>
/// Runs the systems in turn, round by round, so that a machine that is busy for a while is busy for all of them.
/// </summary>
internal sealed class Comparison(ComparisonOptions options, TemporaryDirectory scratch, Action<string> log)
{
    private const int Batch = 64;
    private const int FillClients = 256;
    private static readonly TimeSpan Instant = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string, string), Series> _series = [];

    /// <summary>Measures everything.</summary>
    public async Task<IReadOnlyCollection<Series>> RunAsync(
        IReadOnlyList<ComparedSystem> systems, CancellationToken cancellation)
    {
        for (var round = 0; round < options.Rounds; round++)
        {
            // Nobody is always first.
            foreach (var system in round % 2 == 0 ? systems : systems.Reverse())
                await MeasureAsync(system, round, cancellation);
        }
        return _series.Values;
    }

    private async Task MeasureAsync(ComparedSystem system, int round, CancellationToken cancellation)
    {
        var directory = scratch.Sub($"{system.Name}-{round}");
        await using (var cluster = system.Create(directory))
        {
            cluster.StartMissing();
            await FillAsync(system, cluster, cancellation);
            var heat = options.Scenarios.FirstOrDefault(scenario => scenario is Scenario.Simple) ?? Scenario.First;
            var ycsb = new YcsbCluster(options.Records);
            await MeasureAsync(system, cluster, heat, ycsb, options.Heat, Instant, cancellation);
            foreach (var scenario in options.Scenarios)
            {
                var measurement = await MeasureAsync(
                    system, cluster, scenario, ycsb, options.Warmup, options.Duration, cancellation);
                Add(system, scenario, measurement);
                log($"round {round + 1}, {system.Name}, {scenario.Name}: {Report.Line(measurement)}");
            }
        }
        Directory.Delete(directory, recursive: true);
    }

    private void Add(ComparedSystem system, Scenario scenario, Measurement measurement)
    {
        var key = (system.Name, scenario.Name);
        if (!_series.TryGetValue(key, out var series))
            _series[key] = series = new Series(system.Name, system.Target(scenario).Client, scenario, []);
        series.Rounds.Add(measurement);
    }

    private async Task FillAsync(ComparedSystem system, ServerGroup cluster, CancellationToken cancellation)
    {
        // By the first way, which for TinyKv is the client: it follows a leader that changes meanwhile.
        await using var target = await cluster.ConnectAsync(
            system.Target(Scenario.First), options.Connections, cancellation);
        await Workload(OperationKind.Put).FillAsync(target, FillClients, cancellation);
    }

    private async Task<Measurement> MeasureAsync(
        ComparedSystem system, ServerGroup cluster, Scenario scenario, YcsbCluster ycsb, TimeSpan warmup,
        TimeSpan duration, CancellationToken cancellation)
    {
        await using var target = await cluster.ConnectAsync(
            system.Target(scenario), options.Connections, cancellation);
        var plan = new LoadPlan(scenario.Clients, scenario.Rate, warmup, duration);
        return scenario switch
        {
            Scenario.YcsbLoad => await LoadGenerator.RunOnceAsync(
                target, ycsb.Load, ycsb.Records, scenario.Clients, cluster.ProcessIds, cancellation),
            Scenario.Ycsb { Mix: var mix } => await LoadGenerator.RunAsync(
                target, ycsb.Workload(mix), plan, cluster.ProcessIds, cancellation),
            Scenario.Simple { Kind: var kind } => await LoadGenerator.RunAsync(
                target, Workload(kind), plan, cluster.ProcessIds, cancellation),
            _ => throw new UnreachableException(scenario.Name),
        };
    }

    private Workload Workload(OperationKind kind) => new(kind, options.Keys, options.ValueBytes, Batch);
}
