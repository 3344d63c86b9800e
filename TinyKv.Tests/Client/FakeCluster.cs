using System.Collections.Concurrent;
using System.Collections.Immutable;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Errors;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Tests.Client;

/// <summary>Stores in this process that share one truth: regions, leaders and data. No Raft.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    public const ulong Id = 77;

    private readonly List<FakeStore> _stores = [];

    public IReadOnlyList<FakeStore> Stores => _stores;

    public ImmutableArray<Region> Regions { get; set; } = [];

    /// <summary>The store that leads a region; absent: none does.</summary>
    public ConcurrentDictionary<ulong, ulong> Leaders { get; } = new();

    /// <summary>What placement answers in place of the truth; 0: no leader.</summary>
    public ulong? LeaderOfPlacement { get; set; }

    /// <summary>Looks at every request to a region first: may refuse it, throw, or wait.</summary>
    public Func<FakeStore, string, CancellationToken, Task<Error?>> Intercept { get; set; } =
        (_, _, _) => Task.FromResult<Error?>(null);

    public ConcurrentQueue<(ulong Store, string Request)> Calls { get; } = new();

    public SortedDictionary<string, byte[]> Data { get; } = new(StringComparer.Ordinal);

    /// <summary>Starts stores 1 to n; store 1 leads region 1, which holds every key.</summary>
    public static async Task<FakeCluster> StartAsync(int stores)
    {
        var cluster = new FakeCluster();
        for (var i = 1; i <= stores; i++)
            cluster._stores.Add(await FakeStore.StartAsync(cluster, (ulong)i));
        cluster.Regions = [cluster.MakeRegion(1, version: 1, KeyRange.All)];
        cluster.Leaders[1] = 1;
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
    }

    public FakeStore Store(ulong id) => _stores.Single(store => store.Id == id);

    public Region MakeRegion(ulong id, ulong version, KeyRange range) => new(
        new RegionId(id), range, new RegionEpoch(1, version), [.. _stores.Select(store => PeerOn(store.Id))]);

    /// <summary>Splits region 1, which holds every key, at some keys; all keep its leader.</summary>
    public void Split(params string[] at)
    {
        byte[][] bounds = [[], .. at.Select(System.Text.Encoding.ASCII.GetBytes), []];
        var version = Regions[0].Epoch.Version + 1;
        Regions = [.. bounds.Zip(bounds.Skip(1), (start, end) => new KeyRange(start, end))
            .Select((range, i) => MakeRegion((ulong)i + 1, version, range))];
        foreach (var region in Regions) Leaders[region.Id.Value] = Leaders[1];
    }

    public Region RegionOf(ReadOnlyMemory<byte> key) =>
        Regions.Single(region => region.Range.Contains(key.Span));

    public static Peer PeerOn(ulong store) => new(new PeerId(store + 100), new StoreId(store));

    /// <summary>Why a store refuses a request, or null when it serves it.</summary>
    public Error? Refuse(FakeStore store, Context context, ReadOnlyMemory<byte> key) =>
        Refusal(store, context, key) is { } refusal ? RegionErrors.ToWire(refusal) : null;

    private RegionError? Refusal(FakeStore store, Context context, ReadOnlyMemory<byte> key)
    {
        var id = new RegionId(context.RegionId);
        if (context.Peer.StoreId != store.Id)
            return new RegionError.StoreNotMatch(new StoreId(context.Peer.StoreId), new StoreId(store.Id));
        if (Regions.FirstOrDefault(candidate => candidate.Id == id) is not { } region)
            return new RegionError.RegionNotFound(id);
        if (!Leaders.TryGetValue(region.Id.Value, out var leader)) return new RegionError.NotLeader(id, null);
        if (leader != store.Id) return new RegionError.NotLeader(id, PeerOn(leader));
        if (RegionErrors.FromWire(context.RegionEpoch) != region.Epoch)
            return new RegionError.EpochNotMatch(Regions);
        return region.Range.Contains(key.Span) ? null : new RegionError.KeyNotInRegion(key, region);
    }

    /// <summary>How clients that connect ask, unless they say otherwise.</summary>
    public bool UseStreams { get; set; } = true;

    public Task<TinyKvClient> ConnectAsync(Func<TinyKvClientOptions, TinyKvClientOptions>? change = null)
    {
        // A store that is only slow, on a busy machine, must not be taken for one that hangs.
        var options = new TinyKvClientOptions
        {
            Endpoints = [.. _stores.Select(store => store.Address)],
            AttemptTimeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(30),
            UseStreams = UseStreams,
        };
        return TinyKvClient.ConnectAsync(change is null ? options : change(options));
    }

    public int Count(string request) => Calls.Count(call => call.Request == request);
}
