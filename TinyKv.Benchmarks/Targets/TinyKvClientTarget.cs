using TinyKv.Client;
using TinyKv.Core.Keys;

namespace TinyKv.Benchmarks.Targets;

/// <summary>TinyKv through <see cref="TinyKvClient"/>, as applications use it.</summary>
internal sealed class TinyKvClientTarget : ITarget
{
    private readonly TinyKvClient[] _clients;
    private int _next;

    private TinyKvClientTarget(TinyKvClient[] clients) => _clients = clients;

    /// <summary>Connects one client for each connection, over gRPC.</summary>
    public static Task<ITarget> ConnectAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation) =>
        ConnectAsync(new TinyKvClientOptions { Endpoints = endpoints }, connections, cancellation);

    /// <summary>Connects one client for each connection, over gRPC without streams.</summary>
    public static Task<ITarget> ConnectWithoutStreamsAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation) =>
        ConnectAsync(new TinyKvClientOptions { Endpoints = endpoints, UseStreams = false }, connections, cancellation);

    /// <summary>Connects one client for each connection, over Akka.Remote.</summary>
    public static async Task<ITarget> ConnectRemotingAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation)
    {
        await using var client = await TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = endpoints }, cancellation);
        var stores = await client.GetStoreStatusesAsync(cancellation);
        var remoting = stores.Select(store => store.Status?.RemotingEndpoint).OfType<string>();
        return await ConnectAsync(new TinyKvRemotingOptions { Endpoints = [.. remoting] }, connections, cancellation);
    }

    private static async Task<ITarget> ConnectAsync(
        TinyKvClientOptions options, int connections, CancellationToken cancellation)
    {
        // A write of the load may be repeated: nobody compares what is there.
        options = options with { RetryUndeterminedWrites = true };
        var clients = new TinyKvClient[connections];
        for (var i = 0; i < connections; i++) clients[i] = await TinyKvClient.ConnectAsync(options, cancellation);
        return new TinyKvClientTarget(clients);
    }

    /// <inheritdoc/>
    public Task PutAsync(byte[] key, byte[] value, CancellationToken cancellation) =>
        Next().Raw.PutAsync(key, value, cancellation: cancellation);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(byte[] key, CancellationToken cancellation) =>
        await Next().Raw.GetAsync(key, cancellation: cancellation) is { } value ? value : null;

    /// <inheritdoc/>
    public async Task<int> ScanAsync(byte[] from, byte[] until, int limit, CancellationToken cancellation)
    {
        var pairs = 0;
        var scan = new RawScan { Range = new KeyRange(from, until), Limit = limit };
        await foreach (var _ in Next().Raw.ScanAsync(scan, cancellation)) pairs++;
        return pairs;
    }

    /// <inheritdoc/>
    public Task PutBatchAsync(IReadOnlyList<(byte[] Key, byte[] Value)> pairs, CancellationToken cancellation) =>
        Next().Raw.BatchPutAsync(
            [.. pairs.Select(pair => new RawPair(pair.Key, pair.Value))], cancellation: cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
    }

    private TinyKvClient Next() => _clients[(uint)Interlocked.Increment(ref _next) % (uint)_clients.Length];
}
