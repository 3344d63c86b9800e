using Google.Protobuf;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Scheduling;
using Error = TinyKv.Protocol.Wire.Errors.Error;
using Raw = TinyKv.Protocol.Wire.Raw.V1;
using Service = TinyKv.Protocol.Wire.Store.TinyKv;

namespace TinyKv.Benchmarks.Targets;

/// <summary>TinyKv through the generated stub: one request, no retries, no region cache.</summary>
internal sealed class TinyKvStubTarget : ITarget
{
    private readonly Channels _channels;
    private readonly Service.TinyKvClient[] _stubs;
    private readonly Raw.Raw.RawClient[] _rawStubs;
    private readonly Context _context;

    private TinyKvStubTarget(string leader, int connections, Context context)
    {
        _channels = new Channels(leader, connections);
        _stubs = _channels.Stubs(channel => new Service.TinyKvClient(channel));
        _rawStubs = _channels.Stubs(channel => new Raw.Raw.RawClient(channel));
        _context = context;
    }

    /// <summary>Asks for the region and its leader, waits until there is one, and connects to it.</summary>
    public static async Task<ITarget> ConnectAsync(
        IReadOnlyList<string> endpoints, int connections, CancellationToken cancellation)
    {
        using var channels = new Channels(endpoints[0], 1);
        var scheduler = channels.Stubs(channel => new Scheduler.SchedulerClient(channel))[0];
        var members = await scheduler.GetMembersAsync(new GetMembersRequest(), cancellationToken: cancellation);
        var header = new RequestHeader { ClusterId = members.Header.ClusterId };
        while (true)
        {
            var region = await scheduler.GetRegionAsync(
                new GetRegionRequest { Header = header, RegionKey = ByteString.CopyFromUtf8("k") },
                cancellationToken: cancellation);
            if (region.Leader is { Id: not 0 } leader)
            {
                var store = await scheduler.GetStoreAsync(
                    new GetStoreRequest { Header = header, StoreId = leader.StoreId },
                    cancellationToken: cancellation);
                return new TinyKvStubTarget(store.Store.Address, connections, new Context
                {
                    RegionId = region.Region.Id,
                    RegionEpoch = region.Region.RegionEpoch,
                    Peer = leader,
                });
            }
            await Task.Delay(100, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(byte[] key, byte[] value, CancellationToken cancellation)
    {
        var request = new RawPutRequest { Context = _context, Key = Wrap(key), Value = Wrap(value), Cf = "default" };
        var reply = await _channels.Next(_stubs).RawPutAsync(request, cancellationToken: cancellation);
        Check(reply.RegionError, reply.Error);
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(byte[] key, CancellationToken cancellation)
    {
        var request = new RawGetRequest { Context = _context, Key = Wrap(key), Cf = "default" };
        var reply = await _channels.Next(_stubs).RawGetAsync(request, cancellationToken: cancellation);
        Check(reply.RegionError, reply.Error);
        return reply.NotFound ? null : reply.Value.Memory;
    }

    /// <inheritdoc/>
    public async Task<int> ScanAsync(byte[] from, byte[] until, int limit, CancellationToken cancellation)
    {
        var request = new Raw.ScanRequest
        {
            Context = _context,
            StartKey = Wrap(from),
            EndKey = Wrap(until),
            Limit = (uint)limit,
            Cf = "default",
        };
        var reply = await _channels.Next(_rawStubs).ScanAsync(request, cancellationToken: cancellation);
        Check(reply.RegionError, reply.Error);
        return reply.Pairs.Count;
    }

    /// <inheritdoc/>
    public async Task PutBatchAsync(
        IReadOnlyList<(byte[] Key, byte[] Value)> pairs, CancellationToken cancellation)
    {
        var request = new Raw.BatchPutRequest { Context = _context, Cf = "default" };
        foreach (var (key, value) in pairs) request.Pairs.Add(new Raw.Pair { Key = Wrap(key), Value = Wrap(value) });
        var reply = await _channels.Next(_rawStubs).BatchPutAsync(request, cancellationToken: cancellation);
        Check(reply.RegionError, reply.Error);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _channels.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Check(Error? refusal, string error)
    {
        if (refusal is not null) throw new TargetException("region error", refusal.Message);
        if (error.Length > 0) throw new TargetException("error", error);
    }

    private static ByteString Wrap(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
