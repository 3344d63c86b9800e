using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
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
internal sealed record Series(string System, Scenario Scenario, List<Measurement> Rounds);

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
            await MeasureAsync(system, cluster, options.Scenarios[0], options.Heat, Instant, cancellation);
            foreach (var scenario in options.Scenarios)
            {
                var measurement = await MeasureAsync(system, cluster, scenario, options.Warmup, options.Duration, cancellation);
                var key = (system.Name, scenario.Name);
                if (!_series.TryGetValue(key, out var series))
                    _series[key] = series = new Series(system.Name, scenario, []);
                series.Rounds.Add(measurement);
                log($"round {round + 1}, {system.Name}, {scenario.Name}: {Report.Line(measurement)}");
            }
        }
        Directory.Delete(directory, recursive: true);
    }

    private async Task FillAsync(ComparedSystem system, ServerGroup cluster, CancellationToken cancellation)
    {
        // By the first way, which for TinyKv is the client: it follows a leader that changes meanwhile.
        await using var target = await cluster.ConnectAsync(
            system.Target(Scenario.All[0]), options.Connections, cancellation);
        await Workload(OperationKind.Put).FillAsync(target, FillClients, cancellation);
    }

    private async Task<Measurement> MeasureAsync(
        ComparedSystem system, ServerGroup cluster, Scenario scenario, TimeSpan warmup, TimeSpan duration,
        CancellationToken cancellation)
    {
        await using var target = await cluster.ConnectAsync(
            system.Target(scenario), options.Connections, cancellation);
        var plan = new LoadPlan(scenario.Clients, scenario.Rate, warmup, duration);
        return await LoadGenerator.RunAsync(
            target, Workload(scenario.Kind), plan, cluster.ProcessIds, cancellation);
    }

    private Workload Workload(OperationKind kind) => new(kind, options.Keys, options.ValueBytes, Batch);
}
