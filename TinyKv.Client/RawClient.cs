using System.Runtime.CompilerServices;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Wire.Kv;
using StoreService = TinyKv.Protocol.Wire.Store.TinyKv;
using V1 = TinyKv.Protocol.Wire.V1;

namespace TinyKv.Client;

/// <summary>The raw API over <see cref="RegionSender"/>.</summary>
internal sealed class RawClient(RegionSender sender) : IRawClient
{
    public async Task<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckFamily(family);
        var request = new RegionRequest<RawGetResponse>(key, Writes: false, (channel, target, call) =>
            new StoreService.TinyKvClient(channel).RawGetAsync(
                new RawGetRequest { Context = target.Context, Key = Wrap(key), Cf = family.Name() }, call));

        var (reply, _) = await sender.SendAsync(request, cancellation);
        ThrowIfWrong(reply.Error);
        return reply.NotFound ? null : reply.Value.ToByteArray();
    }

    public async Task PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckValue(value);
        RequestLimits.CheckFamily(family);
        var request = new RegionRequest<RawPutResponse>(key, Writes: true, (channel, target, call) =>
            new StoreService.TinyKvClient(channel).RawPutAsync(
                new RawPutRequest
                {
                    Context = target.Context,
                    Key = Wrap(key),
                    Value = Wrap(value),
                    Cf = family.Name(),
                }, call));

        var (reply, _) = await sender.SendAsync(request, cancellation);
        ThrowIfWrong(reply.Error);
    }

    public async Task DeleteAsync(
        ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        RequestLimits.CheckKey(key);
        RequestLimits.CheckFamily(family);
        var request = new RegionRequest<RawDeleteResponse>(key, Writes: true, (channel, target, call) =>
            new StoreService.TinyKvClient(channel).RawDeleteAsync(
                new RawDeleteRequest { Context = target.Context, Key = Wrap(key), Cf = family.Name() },
                call));

        var (reply, _) = await sender.SendAsync(request, cancellation);
        ThrowIfWrong(reply.Error);
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
        ReadOnlyMemory<byte>? cursor = scan.Range.Start;
        while (cursor is { } start && remaining > 0)
        {
            var range = new KeyRange(start, scan.Range.End);
            if (range.IsBounded && start.Span.SequenceCompareTo(range.End.Span) >= 0) yield break;

            var limit = (int)Math.Min(remaining, Limits.MaxScanLimit);
            var (page, region) = await sender.SendAsync(PageRequest(scan, range, limit), cancellation);
            ThrowIfWrong(page.Error);
            foreach (var pair in page.Pairs)
                yield return new RawPair(pair.Key.ToByteArray(), pair.Value.ToByteArray());

            remaining -= page.Pairs.Count;
            cursor = ScanCursor.After(page, limit, region.Range);
        }
    }

    private static RegionRequest<V1.ScanResponse> PageRequest(RawScan scan, KeyRange range, int limit) =>
        new(range.Start, Writes: false, (channel, target, call) => new V1.Raw.RawClient(channel).ScanAsync(
            new V1.ScanRequest
            {
                Context = target.Context,
                StartKey = Wrap(range.Start),
                EndKey = Wrap(range.Intersect(target.Region.Range).End),
                Limit = (uint)limit,
                Cf = scan.Family.Name(),
                KeysOnly = scan.KeysOnly,
            }, call));

    private static void ThrowIfWrong(string error)
    {
        if (error.Length > 0) throw new TinyKvInvalidRequestException(error);
    }

    private static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
