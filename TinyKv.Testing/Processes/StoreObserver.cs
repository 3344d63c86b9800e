using TinyKv.Client;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Testing.Processes;

/// <summary>Who leads a region.</summary>
/// <param name="Region">Its number.</param>
/// <param name="Term">Since which term.</param>
/// <param name="Place">The place of the store.</param>
internal readonly record struct RegionLeader(ulong Region, long Term, int Place)
{
    /// <summary>The place of the store that leads most of the regions with keys.</summary>
    public static int OfMost(IEnumerable<RegionLeader> leaders) =>
        leaders.Where(leader => leader.HasKeys).GroupBy(leader => leader.Place).MaxBy(led => led.Count())!.Key;

    /// <summary>Whether the region holds keys; placement's group does not.</summary>
    public bool HasKeys => Region != RegionId.Placement.Value;
}

/// <summary>What stores that run as processes say of themselves.</summary>
internal sealed class StoreObserver(ProcessCluster cluster) : IAsyncDisposable
{
    /// <summary>How long to wait before they are asked again.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    // A store that stands still does not answer, and the others are not to wait for it.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private TinyKvClient? _client;

    /// <summary>The store in one of some places that is not ready, for people; null: all are.</summary>
    public async Task<string?> NotReadyAsync(IEnumerable<int> places, CancellationToken cancellation)
    {
        foreach (var place in places)
            if (!await IsReadyAsync(place, cancellation)) return $"{cluster.Name(place)} is not ready";
        return null;
    }

    /// <summary>The leaders that the stores in some places agree on, or what keeps them from being ready and led by one of
    /// them.</summary>
    public async Task<(IReadOnlyList<RegionLeader> Leaders, string? Missing)> AgreedAsync(
        IReadOnlyCollection<int> places, CancellationToken cancellation)
    {
        var statuses = (await StatusesAsync(cancellation)).Where(store => places.Contains(store.Place)).ToList();
        foreach (var place in places)
            if (!statuses.Exists(store => store.Place == place && store.Status.Ready))
                return ([], $"{cluster.Name(place)} is not ready");
        var leaders = new List<RegionLeader>();
        foreach (var region in statuses.SelectMany(store => store.Status.Peers).GroupBy(peer => peer.Region.Id))
        {
            if (region.Select(peer => cluster.PlaceOf(peer.LeaderStoreId)).Distinct().ToList() is not [{ } leader]
                || !places.Contains(leader))
                return ([], $"the stores do not follow one of them in region {region.Key}");
            leaders.Add(new RegionLeader(region.Key, region.Max(peer => peer.Term), leader));
        }
        return (leaders, null);
    }

    /// <summary>The leaders of all regions, once those who answer know of no later term.</summary>
    public async Task<IReadOnlyList<RegionLeader>> LeadersAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var regions = (await StatusesAsync(cancellation))
                .SelectMany(store => store.Status.Peers.Select(peer => (store.Place, Peer: peer)))
                .GroupBy(each => each.Peer.Region.Id).OrderBy(region => region.Key)
                .Select(region => region.MaxBy(each => (each.Peer.Term, each.Peer.Role == "leader"))).ToList();
            if (regions.Exists(region => region.Peer.Region.Id != RegionId.Placement.Value)
                && regions.TrueForAll(region => region.Peer.Role == "leader"))
                return [.. regions.Select(each => new RegionLeader(each.Peer.Region.Id, each.Peer.Term, each.Place))];
            await Task.Delay(Poll, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
        _http.Dispose();
    }

    // Of those who answer; none when nobody does just now.
    private async Task<IReadOnlyList<(int Place, StoreStatusResponse Status)>> StatusesAsync(CancellationToken cancellation)
    {
        try
        {
            _client ??= await TinyKvClient.ConnectAsync(
                new() { Endpoints = cluster.Endpoints, Timeout = CallTimeout }, cancellation);
            var answers = new List<(int, StoreStatusResponse)>();
            foreach (var store in await _client.GetStoreStatusesAsync(cancellation))
                if (store.Status is { } status && cluster.PlaceOf(status.StoreId) is { } place) answers.Add((place, status));
            return answers;
        }
        catch (TinyKvClientException)
        {
            return [];
        }
    }

    private async Task<bool> IsReadyAsync(int place, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(cluster.StoreIn(place).Address.Ready, cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
