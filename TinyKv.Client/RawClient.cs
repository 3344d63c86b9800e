using System.Runtime.CompilerServices;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client;

/// <summary>The raw API over <see cref="RegionSender"/>: makes the messages and reads the replies.</summary>
internal sealed class RawClient(RegionSender sender) : IRawClient
{
    public async Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckFamily(family);
        var request = new GetRequest { Key = Wrap(key), Cf = family.Name() };
        return BytesOf((await SendAsync(request, cancellation)).Value);
    }

    public async Task PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckValue(value);
        RequestLimits.CheckFamily(family);
        await SendAsync(
            new PutRequest { Key = Wrap(key), Value = Wrap(value), Cf = family.Name() }, cancellation);
    }

    public async Task DeleteAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckFamily(family);
        await SendAsync(new DeleteRequest { Key = Wrap(key), Cf = family.Name() }, cancellation);
    }

    public async Task<IReadOnlyList<byte[]?>> BatchGetAsync(
        IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKeys(keys);
        RequestLimits.CheckFamily(family);
        var request = new BatchGetRequest { Cf = family.Name() };
        foreach (var key in keys) request.Keys.Add(Wrap(key));
        var reply = await SendAsync(request, cancellation);
        return [.. reply.Values.Select(BytesOf)];
    }

    public async Task BatchPutAsync(IReadOnlyList<RawPair> pairs, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckPairs(pairs);
        RequestLimits.CheckFamily(family);
        var request = new BatchPutRequest { Cf = family.Name() };
        foreach (var (key, value) in pairs) request.Pairs.Add(new Pair { Key = Wrap(key), Value = Wrap(value) });
        await SendAsync(request, cancellation);
    }

    public async Task BatchDeleteAsync(IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKeys(keys);
        RequestLimits.CheckFamily(family);
        var request = new BatchDeleteRequest { Cf = family.Name() };
        foreach (var key in keys) request.Keys.Add(Wrap(key));
        await SendAsync(request, cancellation);
    }

    public async Task DeleteRangeAsync(KeyRange range, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckRange(range);
        RequestLimits.CheckFamily(family);
        await SendAsync(new DeleteRangeRequest
        {
            StartKey = Wrap(range.Start),
            EndKey = Wrap(range.End),
            Cf = family.Name(),
        }, cancellation);
    }

    public async Task<CompareAndSetResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key, byte[]? expected, byte[]? desired, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckCondition(expected, desired);
        RequestLimits.CheckFamily(family);
        return await SendIfAsync(new CompareAndSetRequest
        {
            Key = Wrap(key),
            Expected = Maybe(expected),
            Desired = Maybe(desired),
            Cf = family.Name(),
        }, cancellation);
    }

    public async Task<CompareAndSetResult> PutIfAbsentAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckValue(value);
        RequestLimits.CheckFamily(family);
        return await SendIfAsync(
            new PutIfAbsentRequest { Key = Wrap(key), Value = Wrap(value), Cf = family.Name() }, cancellation);
    }

    public IAsyncEnumerable<RawPair> ScanAsync(RawScan scan, CancellationToken cancellation = default)
    {
        RequestLimits.CheckScan(scan);
        return PagesAsync(scan, cancellation);
    }

    private async IAsyncEnumerable<RawPair> PagesAsync(
        RawScan scan, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var remaining = scan.Limit ?? long.MaxValue;
        KeyRange? rest = scan.Range;
        while (rest is { IsEmpty: false } range && remaining > 0)
        {
            var limit = (int)Math.Min(remaining, Limits.MaxScanLimit);
            var page = await SendAsync(new ScanRequest
            {
                StartKey = Wrap(range.Start),
                EndKey = Wrap(range.End),
                Limit = (uint)limit,
                Cf = scan.Family.Name(),
                KeysOnly = scan.KeysOnly,
                Reverse = scan.Reverse,
            }, cancellation);
            foreach (var pair in page.Pairs)
                yield return new RawPair(pair.Key.ToByteArray(), pair.Value.ToByteArray());

            remaining -= page.Pairs.Count;
            rest = ScanCursor.After(page, range, limit, scan.Reverse);
        }
    }

    private async Task<CompareAndSetResult> SendIfAsync(
        IRoutedRequest<CompareAndSetResponse> request, CancellationToken cancellation)
    {
        var reply = await SendAsync(request, cancellation);
        return new CompareAndSetResult(reply.Succeeded, BytesOf(reply.Previous));
    }

    private async Task<TReply> SendAsync<TReply>(IRoutedRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        var reply = await sender.SendAsync(request, cancellation);
        return reply.Error.Length == 0 ? reply : throw new TinyKvInvalidRequestException(reply.Error);
    }

    private static byte[]? BytesOf(MaybeValue? value) => value is { Found: true } ? value.Value.ToByteArray() : null;

    private static MaybeValue Maybe(byte[]? value) =>
        value is null ? new MaybeValue() : new MaybeValue { Found = true, Value = Wrap(value) };

    private static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
