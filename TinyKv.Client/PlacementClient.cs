using System.Collections.Concurrent;
using TinyKv.Core.Regions;

namespace TinyKv.Client;

/// <summary>Where a store takes requests, as host:port.</summary>
internal readonly record struct StoreLocation(StoreId Store, string Address);

/// <summary>Where stores and regions are. Every store answers; they are tried in turn. Derived for each
/// transport.</summary>
internal abstract class PlacementClient(TinyKvClientOptions options, StoreCaller caller, ulong clusterId)
{
    private readonly ConcurrentDictionary<StoreId, string> _addresses = new();
    private volatile string? _preferred;

    /// <summary>The cluster's number; 0 when it was not given, before <see cref="IdentifyAsync"/>.</summary>
    public ulong ClusterId { get; protected set; } = clusterId;

    /// <summary>Learns which cluster this is, and its stores.</summary>
    public abstract Task<IReadOnlyList<StoreLocation>> IdentifyAsync(CancellationToken cancellation);

    /// <summary>All stores that were not removed for good.</summary>
    public abstract Task<IReadOnlyList<StoreLocation>> GetStoresAsync(CancellationToken cancellation);

    /// <summary>The region that holds a key; its leader may be out of date.</summary>
    public abstract Task<LocatedRegion> GetRegionAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation);

    /// <summary>host:port of a store; read again while the store does not answer where it was.</summary>
    public async Task<string> GetAddressAsync(StoreId store, CancellationToken cancellation)
    {
        if (_addresses.TryGetValue(store, out var known) && !caller.IsShunned(known)) return known;
        return _addresses[store] = await FindAddressAsync(store, cancellation);
    }

    /// <summary>Whether a store failed just now.</summary>
    public bool IsShunned(StoreId store) =>
        _addresses.TryGetValue(store, out var address) && caller.IsShunned(address);

    /// <summary>Reads a store's address again before the next use.</summary>
    public void ForgetAddress(StoreId store) => _addresses.TryRemove(store, out _);

    /// <summary>Asks another store next: this one's knowledge was of no use.</summary>
    public void PreferAnother() => _preferred = null;

    /// <summary>Asks the cluster where a store is.</summary>
    protected abstract Task<string> FindAddressAsync(StoreId store, CancellationToken cancellation);

    /// <summary>Notes where stores are.</summary>
    protected IReadOnlyList<StoreLocation> Learn(IReadOnlyList<StoreLocation> stores)
    {
        foreach (var (store, address) in stores) _addresses[store] = address;
        return stores;
    }

    /// <summary>Asks one store after the other until one answers.</summary>
    /// <exception cref="StoreCallException">None did; also when the call was cancelled, for what is known by then.</exception>
    protected async Task<T> AskAsync<T>(Func<string, Task<T>> ask)
    {
        var failures = new List<StoreCallException>();
        OperationCanceledException? end = null;
        foreach (var address in Candidates())
        {
            if (end is not null)
            {
                failures.Add(new StoreCallException($"no time was left to ask {address}", mayBeDone: false, end));
                continue;
            }
            try
            {
                var reply = await ask(address);
                _preferred = address;
                return reply;
            }
            catch (StoreCallException e)
            {
                failures.Add(e);
            }
            catch (OperationCanceledException e)
            {
                end = e;
                failures.Add(caller.Silent(address, e));
            }
        }
        throw StoreCallException.Of(failures);
    }

    /// <summary>Requires that a store belongs to the cluster that the client is connected to.</summary>
    protected void RequireCluster(string address, ulong clusterId)
    {
        if (ClusterId == 0 || clusterId == ClusterId) return;
        throw new TinyKvInvalidRequestException($"{address} belongs to cluster {clusterId}, not to {ClusterId}");
    }

    // The one that answered last comes first, those that failed just now come last, the rest by chance.
    private List<string> Candidates()
    {
        var preferred = _preferred;
        return _addresses.Values.Concat(options.Endpoints).Distinct()
            .Select(address => (address, chance: Random.Shared.Next()))
            .OrderBy(candidate => caller.IsShunned(candidate.address))
            .ThenBy(candidate => candidate.address != preferred)
            .ThenBy(candidate => candidate.chance)
            .Select(candidate => candidate.address)
            .ToList();
    }
}
