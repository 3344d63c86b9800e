using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Scheduling;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Client;

/// <summary>Where stores and regions are. Every store answers; they are tried in turn.</summary>
internal sealed class PlacementClient(TinyKvClientOptions options, StoreCaller caller, ulong clusterId)
{
    private readonly ConcurrentDictionary<ulong, string> _addresses = new();
    private volatile string? _preferred;

    /// <summary>The cluster's number; 0 when it was not given, before <see cref="IdentifyAsync"/>.</summary>
    public ulong ClusterId { get; private set; } = clusterId;

    /// <summary>Learns which cluster this is, and its stores.</summary>
    public async Task<IReadOnlyList<Meta.Store>> IdentifyAsync(CancellationToken cancellation)
    {
        var members = await AskAsync(
            (scheduler, call) => scheduler.GetMembersAsync(new GetMembersRequest(), call),
            reply => reply.Header, cancellation);
        ClusterId = members.Header.ClusterId;
        return await GetStoresAsync(cancellation);
    }

    /// <summary>All stores that were not removed for good.</summary>
    public async Task<IReadOnlyList<Meta.Store>> GetStoresAsync(CancellationToken cancellation)
    {
        var request = new GetAllStoresRequest { Header = Header(), ExcludeTombstoneStores = true };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetAllStoresAsync(request, call), r => r.Header, cancellation);
        foreach (var store in reply.Stores) _addresses[store.Id] = store.Address;
        return reply.Stores;
    }

    /// <summary>The region that holds a key; its leader may be out of date.</summary>
    public async Task<LocatedRegion> GetRegionAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var regionKey = UnsafeByteOperations.UnsafeWrap(key);
        var request = new GetRegionRequest { Header = Header(), RegionKey = regionKey };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetRegionAsync(request, call), r => r.Header, cancellation);
        if (reply.Region is null)
            throw new StoreCallException("no region holds the key yet", mayBeDone: false);
        var leader = reply.Leader is { StoreId: not 0 } peer ? RegionErrors.FromWire(peer) : (Peer?)null;
        return new LocatedRegion(RegionErrors.FromWire(reply.Region), leader);
    }

    /// <summary>host:port of a store; read again while the store does not answer where it was.</summary>
    public async Task<string> GetAddressAsync(StoreId store, CancellationToken cancellation)
    {
        if (_addresses.TryGetValue(store.Value, out var known) && !caller.IsShunned(known)) return known;
        var request = new GetStoreRequest { Header = Header(), StoreId = store.Value };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetStoreAsync(request, call), r => r.Header, cancellation);
        if (reply.Store is not { Address.Length: > 0 } found)
            throw new StoreCallException($"{store} is unknown", mayBeDone: false);
        return _addresses[store.Value] = found.Address;
    }

    /// <summary>Whether a store failed just now.</summary>
    public bool IsShunned(StoreId store) =>
        _addresses.TryGetValue(store.Value, out var address) && caller.IsShunned(address);

    /// <summary>Reads a store's address again before the next use.</summary>
    public void ForgetAddress(StoreId store) => _addresses.TryRemove(store.Value, out _);

    /// <summary>Asks another store next: this one's knowledge was of no use.</summary>
    public void PreferAnother() => _preferred = null;

    private async Task<T> AskAsync<T>(
        Func<Scheduler.SchedulerClient, CallOptions, AsyncUnaryCall<T>> start,
        Func<T, ResponseHeader?> header,
        CancellationToken cancellation)
    {
        StoreCallException? last = null;
        foreach (var address in Candidates())
        {
            try
            {
                var reply = await caller.CallAsync(
                    address,
                    (channel, call) => start(new Scheduler.SchedulerClient(channel), call),
                    cancellation);
                Check(address, header(reply));
                _preferred = address;
                return reply;
            }
            catch (StoreCallException e)
            {
                last = e;
            }
        }
        throw new StoreCallException($"no store knows; last: {last?.Message}", mayBeDone: false, last);
    }

    private void Check(string address, ResponseHeader? header)
    {
        if (header is null) throw new StoreCallException($"{address}: a reply without a header", false);
        if (ClusterId != 0 && header.ClusterId != ClusterId)
        {
            throw new TinyKvInvalidRequestException(
                $"{address} belongs to cluster {header.ClusterId}, not to {ClusterId}");
        }
        if (header.Error is { Type: not ErrorType.Ok } error)
            throw new StoreCallException($"{address}: {error.Message} ({error.Type})", mayBeDone: false);
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

    private RequestHeader Header() => new() { ClusterId = ClusterId };
}
