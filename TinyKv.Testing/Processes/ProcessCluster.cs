using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core;

namespace TinyKv.Testing.Processes;

/// <summary>The stores of a cluster as processes, each a <c>tinykv server</c>.</summary>
/// <param name="layout">The stores.</param>
/// <param name="program">The server's assembly.</param>
/// <param name="directory">For configurations and logs, and for data unless <paramref name="dataOf"/> says otherwise.</param>
/// <param name="dataOf">Where a store keeps its data.</param>
/// <param name="enter">Words before a store's command line: how to get to where it is to run.</param>
internal sealed class ProcessCluster(
    StoreLayout layout, string program, string directory, Func<int, string>? dataOf = null,
    Func<int, string[]>? enter = null) : ServerGroup
{
    // A store takes settings from such variables over those in its file.
    private const string SettingVariables = "TINYKV__";

    private StoreObserver? _observer;

    /// <summary>The server that was built beside this program.</summary>
    public static string OwnProgram { get; } = Path.Combine(AppContext.BaseDirectory, "tinykv.dll");

    /// <summary>What the stores have in common; a change concerns those that are started after it.</summary>
    public StoreLayout Layout { get; set; } = layout;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Endpoints => Layout.Endpoints;

    private StoreObserver Observer => _observer ??= new StoreObserver(Layout);

    /// <summary>The data directory of a store.</summary>
    public string DataOf(int store) => dataOf?.Invoke(store) ?? Path.Combine(directory, $"store-{store}");

    /// <summary>Checks the files of a store that does not run; the exit code, and what it said.</summary>
    public async Task<(int Code, string Said)> CheckAsync(int store)
    {
        var (code, output, error) = await Processes.Command.TryAsync("dotnet", program, "check", DataOf(store));
        return (code, output + error);
    }

    /// <summary>Waits until every running store is ready.</summary>
    /// <exception cref="TinyKvException">One is not within the time, or has ended.</exception>
    public Task ReadyAsync(TimeSpan within, CancellationToken cancellation) =>
        UntilAsync(() => Observer.NotReadyAsync(Running, cancellation), within, cancellation);

    /// <summary>Waits until every store that does not stand still is ready and follows the same leader of each region,
    /// which is one of them; the leaders.</summary>
    /// <exception cref="TinyKvException">One does not within the time, or has ended.</exception>
    public async Task<IReadOnlyList<RegionLeader>> SettledAsync(
        TimeSpan within, CancellationToken cancellation = default)
    {
        IReadOnlyList<RegionLeader> leaders = [];
        await UntilAsync(async () =>
        {
            (leaders, var missing) = await Observer.AgreedAsync(Awake, cancellation);
            return missing;
        }, within, cancellation);
        return leaders;
    }

    /// <summary>The store that leads most of the regions with keys.</summary>
    public async Task<int> LeaderAsync(CancellationToken cancellation) =>
        RegionLeader.OfMost(await LeadersAsync(cancellation));

    /// <summary>The leaders of all regions, once those who answer know of no later term.</summary>
    public Task<IReadOnlyList<RegionLeader>> LeadersAsync(CancellationToken cancellation) =>
        Observer.LeadersAsync(cancellation);

    /// <summary>A client of all stores.</summary>
    /// <param name="timeout">How long each of its calls may take.</param>
    public Task<TinyKvClient> ConnectAsync(TimeSpan timeout) =>
        TinyKvClient.ConnectAsync(new TinyKvClientOptions { Endpoints = Endpoints, Timeout = timeout });

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_observer is not null) await _observer.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Command(int store)
    {
        var config = Path.Combine(directory, $"store-{store}.conf");
        File.WriteAllText(config, Layout.Config(store, DataOf(store)));
        string[] words =
            [.. enter?.Invoke(store) ?? [], "dotnet", program, "server", "--config", config, "--exit-with-parent"];
        var start = new ProcessStartInfo(words[0], words[1..]);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(SettingVariables, StringComparison.Ordinal))
            .ToList()) start.Environment.Remove(name);
        return start;
    }

    /// <inheritdoc/>
    protected override string LogOf(int store) => Path.Combine(directory, $"store-{store}.log");

    /// <inheritdoc/>
    protected override string Name(int store) => $"store {store}";

    private async Task UntilAsync(Func<Task<string?>> missing, TimeSpan within, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (await missing() is { } what)
        {
            if (await EndedByItselfAsync() is { } ended) throw new TinyKvException(ended);
            if (Stopwatch.GetElapsedTime(started) > within)
                throw new TinyKvException($"{what} after {within.TotalSeconds} s");
            await Task.Delay(StoreObserver.Poll, cancellation);
        }
    }
}
