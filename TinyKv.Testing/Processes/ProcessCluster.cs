using System.Collections.Immutable;
using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core;

namespace TinyKv.Testing.Processes;

/// <summary>
/// The stores of a cluster as processes, each a <c>tinykv server</c>. They are known by their places: the store in a place may
/// be replaced by another, whose number in the cluster is a new one.
/// </summary>
/// <param name="layout">The stores that form the cluster.</param>
/// <param name="program">The server's assembly.</param>
/// <param name="directory">For configurations and logs, and for data unless <paramref name="dataOf"/> says otherwise.</param>
/// <param name="dataOf">Where the store in a place keeps its data.</param>
/// <param name="enter">Words before a store's command line: how to get to its place.</param>
internal sealed class ProcessCluster(
    StoreLayout layout, string program, string directory, Func<int, string>? dataOf = null,
    Func<int, string[]>? enter = null) : ServerGroup
{
    // A store takes settings from such variables over those in its file.
    private const string SettingVariables = "TINYKV__";

    private StoreObserver? _observer;

    // By place; all others are of those that formed the cluster. Clients of a load look while it changes.
    private ImmutableDictionary<int, PlacedStore> _joined = ImmutableDictionary<int, PlacedStore>.Empty;

    /// <summary>The server that was built beside this program.</summary>
    public static string OwnProgram { get; } = Path.Combine(AppContext.BaseDirectory, "tinykv.dll");

    /// <summary>What the stores have in common; a change concerns those that are started after it.</summary>
    public StoreLayout Layout { get; set; } = layout;

    /// <summary>The places, whether the store there runs or not.</summary>
    public override IEnumerable<int> All => Enumerable.Range(1, Layout.Stores).Union(_joined.Keys).Order();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Endpoints => [.. Known.Select(store => store.Address.Endpoint)];

    /// <summary>Where clients find them over Akka.Remote.</summary>
    public IReadOnlyList<string> RemotingEndpoints => [.. Known.Select(store => store.Address.RemotingEndpoint)];

    private StoreObserver Observer => _observer ??= new StoreObserver(this);

    private IEnumerable<PlacedStore> Known => All.Select(StoreIn).Where(store => store.Id != 0);

    /// <summary>The store in a place.</summary>
    public PlacedStore StoreIn(int place) => _joined.GetValueOrDefault(place)
        ?? new PlacedStore((ulong)place, Layout.Addresses[place - 1], HasJoined: false);

    /// <summary>The place of a store; null: it is in none any more, or its number is not known yet.</summary>
    public int? PlaceOf(ulong store) =>
        All.Select(place => (int?)place).FirstOrDefault(place => StoreIn(place!.Value).Id == store);

    /// <summary>The data directory of the store in a place.</summary>
    public string DataOf(int place) => dataOf?.Invoke(place) ?? Path.Combine(directory, $"store-{place}");

    /// <summary>Checks the files of a store that does not run; the exit code, and what it said.</summary>
    public async Task<(int Code, string Said)> CheckAsync(int place)
    {
        var (code, output, error) = await Processes.Command.TryAsync("dotnet", program, "check", DataOf(place));
        return (code, output + error);
    }

    /// <summary>Lets a new store join where another has gone for ever, or in a place beyond, with an empty directory, and waits
    /// until the cluster has given it a number. It chooses its ports, because those of the other are free only when that is
    /// removed.</summary>
    /// <exception cref="TinyKvException">It has not within the time, or has ended.</exception>
    public async Task JoinAsync(int place, TimeSpan within, CancellationToken cancellation)
    {
        await using var client = await ConnectAsync(within);
        var before = (await client.Admin.ListStoresAsync(cancellation)).Stores.Select(store => store.StoreId).ToHashSet();
        var address = new StoreAddress(StoreIn(Math.Min(place, Layout.Stores)).Address.Host, 0, 0, 0, 0);
        _joined = _joined.SetItem(place, new PlacedStore(0, address, HasJoined: true));
        Start(place);
        await UntilAsync(async () =>
        {
            var stores = (await client.Admin.ListStoresAsync(cancellation)).Stores;
            if (stores.FirstOrDefault(store => !before.Contains(store.StoreId)) is not { } joined) return "no store has joined";
            _joined = _joined.SetItem(place, new PlacedStore(joined.StoreId, StoreAddress.Of(joined), HasJoined: true));
            return null;
        }, within, cancellation);
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

    /// <summary>The place of the store that leads most of the regions with keys.</summary>
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
    protected override ProcessStartInfo Command(int place)
    {
        var config = Path.Combine(directory, $"store-{place}.conf");
        File.WriteAllText(config, StoreIn(place) is { HasJoined: true } joined
            ? Layout.JoiningConfig(joined.Address, DataOf(place), Endpoints) : Layout.Config(place, DataOf(place)));
        string[] words =
            [.. enter?.Invoke(place) ?? [], "dotnet", program, "server", "--config", config, "--exit-with-parent"];
        var start = new ProcessStartInfo(words[0], words[1..]);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(SettingVariables, StringComparison.Ordinal))
            .ToList()) start.Environment.Remove(name);
        return start;
    }

    /// <inheritdoc/>
    protected override string LogOf(int place) => Path.Combine(directory, $"store-{place}.log");

    /// <inheritdoc/>
    public override string Name(int place) => StoreIn(place) is { Id: not 0 and var id } ? $"store {id}" : "the store that joins";

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
