using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core;

namespace TinyKv.Testing.Processes;

/// <summary>Who leads a region.</summary>
/// <param name="Region">Its number.</param>
/// <param name="Term">Since which term.</param>
/// <param name="Store">The store.</param>
internal readonly record struct RegionLeader(ulong Region, long Term, int Store);

/// <summary>The store processes of a run.</summary>
internal sealed class ProcessCluster(StoreLayout layout, string program, string directory, Func<int, string> dataOf,
    Func<int, string[]> enter) : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly ServerProcess?[] _running = new ServerProcess?[layout.Stores + 1];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private TinyKvClient? _observer;

    /// <summary>What they have in common.</summary>
    public StoreLayout Layout => layout;

    /// <summary>The numbers of all stores.</summary>
    public IEnumerable<int> All => Enumerable.Range(1, layout.Stores);

    /// <summary>The running process of a store.</summary>
    /// <exception cref="TinyKvException">It is not running.</exception>
    public ServerProcess this[int store] =>
        _running[store] ?? throw new TinyKvException($"store {store} is not running");

    /// <summary>Starts the stores that do not run.</summary>
    public void StartMissing()
    {
        foreach (var store in All)
            if (_running[store] is null) Start(store);
    }

    /// <summary>Starts one store.</summary>
    public void Start(int store)
    {
        var config = Path.Combine(directory, $"store-{store}.conf");
        File.WriteAllText(config, layout.Config(store, dataOf(store)));
        _running[store] = ServerProcess.Start(
            [.. enter(store), "dotnet", program, "server", "--config", config, "--exit-with-parent"], LogOf(store));
    }

    /// <summary>kill -9, of several at once.</summary>
    public Task KillAsync(params IEnumerable<int> stores) => Task.WhenAll(stores.ToList().Select(store =>
    {
        var process = this[store];
        Forget(store);
        return process.KillAsync();
    }));

    /// <summary>The data directory of a store.</summary>
    public string DataOf(int store) => dataOf(store);

    /// <summary>Checks the files of a store that does not run; the exit code, and what it said.</summary>
    public async Task<(int Code, string Said)> CheckAsync(int store)
    {
        var (code, output, error) = await Command.TryAsync("dotnet", program, "check", DataOf(store));
        return (code, output + error);
    }

    /// <summary>A store has ended, as it was meant to.</summary>
    public void Forget(int store) => _running[store] = null;

    /// <summary>A store that has ended and was not meant to, and why.</summary>
    public async Task<string?> EndedByItselfAsync()
    {
        foreach (var store in All)
            if (_running[store] is { Ended.IsCompleted: true } process)
                return $"store {store} ended by itself with {await process.Ended}: {process.Complaints.Trim()}";
        return null;
    }

    /// <summary>Waits until every running store is ready.</summary>
    /// <exception cref="TinyKvException">One is not within the time, or has ended.</exception>
    public async Task ReadyAsync(TimeSpan within, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var store in All.Where(store => _running[store] is not null))
        {
            while (!await IsReadyAsync(store, cancellation))
            {
                if (await EndedByItselfAsync() is { } ended) throw new TinyKvException(ended);
                if (Stopwatch.GetElapsedTime(started) > within)
                    throw new TinyKvException($"store {store} is not ready after {within.TotalSeconds} s");
                await Task.Delay(Poll, cancellation);
            }
        }
    }

    /// <summary>The store that leads the region of the clients' keys.</summary>
    public async Task<int> LeaderAsync(CancellationToken cancellation) =>
        (await LeadersAsync(cancellation)).Single(leader => leader.Region == 1).Store;

    /// <summary>The leaders of all regions, once those who answer know of no later term.</summary>
    public async Task<IReadOnlyList<RegionLeader>> LeadersAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                _observer ??= await TinyKvClient.ConnectAsync(new() { Endpoints = layout.Endpoints }, cancellation);
                var regions = (await _observer.GetStoreStatusesAsync(cancellation))
                    .SelectMany(store => (store.Status?.Peers ?? []).Select(peer => (Store: (int)store.StoreId, Peer: peer)))
                    .GroupBy(each => each.Peer.Region.Id).OrderBy(region => region.Key)
                    .Select(region => region.MaxBy(each => (each.Peer.Term, each.Peer.Role == "leader"))).ToList();
                if (regions.Any(region => region.Peer.Region.Id == 1) && regions.All(region => region.Peer.Role == "leader"))
                    return [.. regions.Select(each => new RegionLeader(each.Peer.Region.Id, each.Peer.Term, each.Store))];
            }
            catch (TinyKvClientException)
            {
                // Nobody answers just now.
            }
            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>The last lines that each store logged.</summary>
    public string Logs(int lines) => string.Join('\n', All.Select(store =>
        $"--- store {store}\n{string.Join('\n', LinesOf(store).TakeLast(lines))}"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync(All.Where(store => _running[store] is not null));
        if (_observer is not null) await _observer.DisposeAsync();
        _http.Dispose();
    }

    private string LogOf(int store) => Path.Combine(directory, $"store-{store}.log");

    private IEnumerable<string> LinesOf(int store) => File.Exists(LogOf(store)) ? File.ReadLines(LogOf(store)) : [];

    private async Task<bool> IsReadyAsync(int store, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(layout.Ready(store), cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
