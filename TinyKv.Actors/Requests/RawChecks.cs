using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Collections;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>
/// What can be seen to be wrong with a raw request before anything is done. The answer goes into the reply's
/// <c>error</c> and not into the call's status: clients of this protocol take a failed call for a dead store.
/// </summary>
internal static class RawChecks
{
    /// <summary>Checks a request; null when it is good.</summary>
    public static string? Of(IRawRequest request) =>
        Family(request.Cf) ?? Region(request) ?? request switch
        {
            GetRequest get => Key(get.Key),
            PutRequest put => Key(put.Key) ?? Value(put.Value),
            DeleteRequest delete => Key(delete.Key),
            BatchGetRequest batch => Keys(batch.Keys),
            BatchPutRequest batch => Pairs(batch.Pairs),
            BatchDeleteRequest batch => Keys(batch.Keys) ?? Command(batch.Keys, key => key.Length),
            DeleteRangeRequest range => Bound("start", range.StartKey.Memory) ?? Bound("end", range.EndKey.Memory),
            CompareAndSetRequest cas => Key(cas.Key) ?? Maybe(cas.Expected) ?? Maybe(cas.Desired)
                ?? Command([cas], each => 2 * each.Key.Length + Length(each.Expected) + Length(each.Desired)),
            PutIfAbsentRequest put => Key(put.Key) ?? Value(put.Value),
            ScanRequest scan => Bound("start", scan.StartKey.Memory) ?? Bound("end", scan.EndKey.Memory)
                ?? Limit(scan.Limit),
            Kv.RawGetRequest get => Key(get.Key),
            Kv.RawPutRequest put => Key(put.Key) ?? Value(put.Value),
            Kv.RawDeleteRequest delete => Key(delete.Key),
            Kv.RawScanRequest scan => Bound("start", scan.StartKey.Memory) ?? Limit(scan.Limit),
            _ => throw new UnreachableException($"{request.GetType()}"),
        };

    /// <summary>The context of a checked request.</summary>
    public static RequestContext ToRequestContext(this Kv.Context context) => new(
        new RegionId(context.RegionId),
        context.RegionEpoch is { } epoch ? new RegionEpoch(epoch.ConfVer, epoch.Version) : null,
        context.Peer is { } peer ? new Peer(new PeerId(peer.Id), new StoreId(peer.StoreId)) : null,
        // Kept below the largest number, so that adding one to it is harmless.
        (long)Math.Min(context.Term, long.MaxValue - 1));

    /// <summary>
    /// The refusal for a key outside the region that a reader sees; null when it is inside.
    /// </summary>
    public static RegionError? Outside(IStorageReader reader, ByteString key) =>
        reader.Region.Range.Contains(key.Span) ? null : new RegionError.KeyNotInRegion(key.Memory, reader.Region);

    // Region 0 is the placement group: its log must never see a client's write.
    private static string? Region(IRawRequest request) =>
        request is { Context.RegionId: not 0 } or IRoutedRequest { Context: null } ? null
            : "the request's context names no region";

    private static string? Family(string cf) =>
        ColumnFamilies.TryParse(cf, out _) ? null
            : $"unknown column family '{ForeignText.Line(cf, max: 40)}'; there are "
              + string.Join(", ", ColumnFamilies.OfClients.Select(each => each.Name()));

    private static string? Key(ByteString key) => key.Length switch
    {
        0 => "the key is empty",
        > Limits.MaxKeyBytes => $"the key has {key.Length} bytes; at most {Limits.MaxKeyBytes} are allowed",
        _ => null,
    };

    private static string? Value(ByteString value) => value.Length <= Limits.MaxValueBytes ? null
        : $"the value has {value.Length} bytes; at most {Limits.MaxValueBytes} are allowed";

    private static string? Keys(RepeatedField<ByteString> keys) =>
        Count(keys.Count) ?? keys.Select(Key).FirstOrDefault(wrong => wrong is not null);

    private static string? Pairs(RepeatedField<Pair> pairs) => Count(pairs.Count)
        ?? pairs.Select(pair => Key(pair.Key) ?? Value(pair.Value)).FirstOrDefault(wrong => wrong is not null)
        ?? Command(pairs, pair => pair.Key.Length + pair.Value.Length);

    private static string? Count(int count) => count switch
    {
        0 => "the batch is empty",
        > Limits.MaxBatchCount => $"the batch has {count} keys; at most {Limits.MaxBatchCount} are allowed",
        _ => null,
    };

    // Everything that is written together is one entry of the log.
    private static string? Command<T>(IEnumerable<T> parts, Func<T, int> length)
    {
        const int Overhead = 2 * CommandCodec.MaxOverheadBytes;
        var bytes = parts.Sum(part => (long)length(part) + Overhead) + Overhead;
        return bytes <= Limits.MaxEntryBytes ? null
            : $"the write takes {bytes} bytes in the log; at most {Limits.MaxEntryBytes} are allowed";
    }

    private static string? Maybe(MaybeValue? value) => value is null ? null
        : value is { Found: false, Value.Length: > 0 } ? "a value is given that is marked as not found"
        : Value(value.Value);

    private static int Length(MaybeValue? value) => value?.Value.Length ?? 0;

    // One byte more than a key: the successor of the longest key is a bound that callers compute.
    private static string? Bound(string which, ReadOnlyMemory<byte> bound) =>
        bound.Length <= Limits.MaxKeyBytes + 1 ? null
            : $"the {which} key has {bound.Length} bytes; at most {Limits.MaxKeyBytes + 1} are allowed";

    private static string? Limit(uint limit) => limit switch
    {
        0 => "the limit is 0; ask for at least one pair",
        > Limits.MaxScanLimit => $"the limit is {limit}; at most {Limits.MaxScanLimit} pairs are allowed",
        _ => null,
    };
}
