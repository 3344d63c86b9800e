using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>What a scan reads at once.</summary>
internal static class ScanPage
{
    // The next key may be a bound, which has one byte more than a key.
    private static readonly int MaxNextKeyBytes = ReplySize.OfBytes(Limits.MaxKeyBytes + 1);

    /// <summary>Reads a page, in either direction. It ends with the limit, with the range, with the region, or when it is
    /// full.</summary>
    public static IRawReply Read(
        ScanRequest request, ColumnFamily family, IStorageReader reader, CancellationToken cancellation)
    {
        var range = new KeyRange(request.StartKey.Memory, request.EndKey.Memory);
        if (Outside(request, reader.Region) is { } refusal) return request.Refused(refusal);
        if (range.IsEmpty) return new ScanResponse();
        using var pairs = request.Reverse ? reader.ReverseIterCF(family, range) : reader.IterCF(family, range);
        var page = new ScanResponse();
        if (!Fill(page, pairs, request, cancellation)) return page;
        page.NextKey = ByteString.CopyFrom(Beyond(range, reader.Region.Range, request.Reverse).Span);
        return page;
    }

    /// <summary>
    /// Reads as many pairs as were asked for, unless the region ends. To clients of the TinyKV protocol fewer mean that it
    /// did, so there is no page that ends because it is full.
    /// </summary>
    public static IRawReply ReadAll(
        Kv.RawScanRequest request, ColumnFamily family, IStorageReader reader, CancellationToken cancellation)
    {
        if (RawChecks.Outside(reader, request.StartKey) is { } refusal) return request.Refused(refusal);
        using var pairs = reader.IterCF(family, new KeyRange(request.StartKey.Memory, default));
        var (reply, size) = (new Kv.RawScanResponse(), new ReplySize());
        while (reply.Kvs.Count < request.Limit && pairs.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!size.TryAdd(ReplySize.OfPair(pairs.Key.Length, pairs.Value.Length)))
            {
                return request.Invalid($"the {request.Limit} pairs need more than {Limits.MaxReplyBytes} bytes,"
                    + $" the most that a reply holds; ask for {reply.Kvs.Count} or fewer");
            }
            reply.Kvs.Add(new Kv.KvPair { Key = ByteString.CopyFrom(pairs.Key), Value = ByteString.CopyFrom(pairs.Value) });
        }
        return reply;
    }

    // True when every pair of the region is in the page.
    private static bool Fill(
        ScanResponse page, IEngineIterator pairs, ScanRequest request, CancellationToken cancellation)
    {
        var (size, last) = (new ReplySize(MaxNextKeyBytes), ByteString.Empty);
        while (page.Pairs.Count < request.Limit)
        {
            if (!pairs.MoveNext()) return true;
            cancellation.ThrowIfCancellationRequested();
            var key = ByteString.CopyFrom(pairs.Key);
            if (!size.TryAdd(ReplySize.OfPair(key.Length, request.KeysOnly ? 0 : pairs.Value.Length)))
            {
                // The next page ends before its bound in reverse, and begins with it otherwise.
                page.NextKey = request.Reverse ? last : key;
                return false;
            }
            page.Pairs.Add(new Pair
            {
                Key = key,
                Value = request.KeysOnly ? ByteString.Empty : ByteString.CopyFrom(pairs.Value),
            });
            last = key;
        }
        return false;
    }

    // Where the walk continues in the neighbouring region; empty when the range ends in this one.
    private static ReadOnlyMemory<byte> Beyond(KeyRange range, KeyRange region, bool reverse)
    {
        if (reverse) return range.Start.Span.SequenceCompareTo(region.Start.Span) < 0 ? region.Start : default;
        if (!region.IsBounded) return default;
        return range.IsBounded && range.End.Span.SequenceCompareTo(region.End.Span) <= 0 ? default : region.End;
    }

    // The walk must begin in the region; a reverse one begins just below its upper bound. One without a bound was meant for the
    // last region, which this may have been until it was split.
    private static RegionError.KeyNotInRegion? Outside(ScanRequest request, Region region)
    {
        var inside = request.Reverse ? region.Range.ContainsBelow(request.EndKey.Span)
            : region.Range.Contains(request.StartKey.Span);
        return inside ? null : new RegionError.KeyNotInRegion(
            request.Reverse ? request.EndKey.Memory : request.StartKey.Memory, region);
    }
}
