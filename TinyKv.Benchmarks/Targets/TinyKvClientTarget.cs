using TinyKv.Client;

namespace TinyKv.Benchmarks.Targets;

/// <summary>TinyKv through <see cref="TinyKvClient"/>, as applications use it.</summary>
internal sealed class TinyKvClientTarget : ITarget
{
    private readonly TinyKvClient[] _clients;
    private readonly ITarget _batches;
    private int _next;

    private TinyKvClientTarget(TinyKvClient[] clients, ITarget batches)
    {
        _clients = clients;
        _batches = batches;
    }

    /// <summary>Connects one client for each connection.</summary>
    public static async Task<ITarget> ConnectAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation)
    {
        // A write of the load may be repeated: nobody compares what is there.
        var options = new TinyKvClientOptions { Endpoints = endpoints, RetryUndeterminedWrites = true };
        var clients = new TinyKvClient[connections];
        for (var i = 0; i < connections; i++) clients[i] = await TinyKvClient.ConnectAsync(options, cancellation);
        return new TinyKvClientTarget(
            clients, await TinyKvStubTarget.ConnectAsync(endpoints, connections, cancellation));
    }

    /// <inheritdoc/>
    public Task PutAsync(byte[] key, byte[] value, CancellationToken cancellation) =>
        Next().Raw.PutAsync(key, value, cancellation: cancellation);

    /// <inheritdoc/>
    public async Task<bool> GetAsync(byte[] key, CancellationToken cancellation) =>
        await Next().Raw.GetAsync(key, cancellation: cancellation) is not null;

    /// <inheritdoc/>
    public Task PutBatchAsync(IReadOnlyList<(byte[] Key, byte[] Value)> pairs, CancellationToken cancellation) =>
        _batches.PutBatchAsync(pairs, cancellation); // the client has no batches

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        await _batches.DisposeAsync();
    }

    private TinyKvClient Next() => _clients[(uint)Interlocked.Increment(ref _next) % (uint)_clients.Length];
}
