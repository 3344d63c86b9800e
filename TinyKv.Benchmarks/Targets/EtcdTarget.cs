using Google.Protobuf;
using Grpc.Core;
using TinyKv.Benchmarks.Wire.Etcd;

namespace TinyKv.Benchmarks.Targets;

/// <summary>etcd's v3 API. All calls go to the leader, which is etcd's shortest way for both reads and writes.</summary>
internal sealed class EtcdTarget : ITarget
{
    private readonly Channels _channels;
    private readonly KV.KVClient[] _stubs;

    private EtcdTarget(string leader, int connections)
    {
        _channels = new Channels(leader, connections);
        _stubs = _channels.Stubs(channel => new KV.KVClient(channel));
    }

    /// <summary>Waits for a leader and connects to it.</summary>
    public static async Task<ITarget> ConnectAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation)
    {
        while (true)
        {
            if (await FindLeaderAsync(endpoints, cancellation) is { } leader)
                return new EtcdTarget(leader, connections);
            await Task.Delay(100, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(byte[] key, byte[] value, CancellationToken cancellation)
    {
        var request = new PutRequest { Key = Wrap(key), Value = Wrap(value) };
        await _channels.Next(_stubs).PutAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(byte[] key, CancellationToken cancellation)
    {
        var request = new RangeRequest { Key = Wrap(key) };
        var reply = await _channels.Next(_stubs).RangeAsync(request, cancellationToken: cancellation);
        return reply.Kvs is [var found] ? found.Value.Memory : null;
    }

    /// <inheritdoc/>
    public async Task<int> ScanAsync(byte[] from, byte[] until, int limit, CancellationToken cancellation)
    {
        var request = new RangeRequest { Key = Wrap(from), RangeEnd = Wrap(until), Limit = limit };
        return (await _channels.Next(_stubs).RangeAsync(request, cancellationToken: cancellation)).Kvs.Count;
    }

    /// <inheritdoc/>
    public async Task PutBatchAsync(
        IReadOnlyList<(byte[] Key, byte[] Value)> pairs, CancellationToken cancellation)
    {
        var request = new TxnRequest();
        foreach (var (key, value) in pairs)
        {
            var put = new PutRequest { Key = Wrap(key), Value = Wrap(value) };
            request.Success.Add(new RequestOp { RequestPut = put });
        }
        await _channels.Next(_stubs).TxnAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _channels.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string?> FindLeaderAsync(
        IReadOnlyList<string> endpoints, CancellationToken cancellation)
    {
        foreach (var endpoint in endpoints)
        {
            using var channels = new Channels(endpoint, 1);
            var stub = channels.Stubs(channel => new Maintenance.MaintenanceClient(channel))[0];
            try
            {
                var status = await stub.StatusAsync(
                    new StatusRequest(), deadline: DateTime.UtcNow.AddSeconds(2), cancellationToken: cancellation);
                if (status.Leader != 0 && status.Leader == status.Header.MemberId) return endpoint;
            }
            catch (RpcException)
            {
                cancellation.ThrowIfCancellationRequested(); // not up yet: the next one
            }
        }
        return null;
    }

    private static ByteString Wrap(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
