using Google.Protobuf;
using TinyKv.Actors.Storage;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Host.Grpc;

/// <summary>
/// What can be seen to be wrong with a raw request before anything is done. The answer goes into the reply's
/// <c>error</c> and not into the call's status: clients of this protocol take a failed call for a dead store.
/// </summary>
internal static class RawChecks
{
    /// <summary>Checks a request for one key; null when it is good.</summary>
    public static string? OneKey(Context? context, string cf, ByteString key, out ColumnFamily family) =>
        Family(cf, out family) ?? Region(context) ?? Key(key);

    /// <summary>Checks the value of a put; null when it is good.</summary>
    public static string? Value(ByteString value) => value.Length <= Limits.MaxValueBytes ? null
        : $"the value has {value.Length} bytes; at most {Limits.MaxValueBytes} are allowed";

    /// <summary>Checks a scan; null when it is good.</summary>
    public static string? Scan(
        Context? context, string cf, KeyRange range, uint limit, out ColumnFamily family) =>
        Family(cf, out family) ?? Region(context) ?? Bound("start", range.Start) ?? Bound("end", range.End)
            ?? Limit(limit);

    /// <summary>The context of a checked request.</summary>
    public static RequestContext ToRequestContext(this Context context) => new(
        new RegionId(context.RegionId),
        context.RegionEpoch is { } epoch ? new RegionEpoch(epoch.ConfVer, epoch.Version) : null,
        context.Peer is { } peer ? new Peer(new PeerId(peer.Id), new StoreId(peer.StoreId)) : null,
        // Kept below the largest number, so that adding one to it is harmless.
        (long)Math.Min(context.Term, long.MaxValue - 1));

    /// <summary>
    /// The refusal for a key outside the region that a reader sees; null when it is inside.
    /// </summary>
    public static RegionError? Outside(IStorageReader? reader, ByteString key) =>
        reader is null || reader.Region.Range.Contains(key.Span) ? null
            : new RegionError.KeyNotInRegion(key.Memory, reader.Region);

    // Region 0 is the placement group: its log must never see a client's write.
    private static string? Region(Context? context) =>
        context is { RegionId: not 0 } ? null : "the request's context names no region";

    private static string? Family(string cf, out ColumnFamily family) =>
        ColumnFamilies.TryParse(cf, out family) ? null
            : $"unknown column family '{Printable(cf)}'; there are "
              + string.Join(", ", ColumnFamilies.OfClients.Select(each => each.Name()));

    private static string? Key(ByteString key) => key.Length switch
    {
        0 => "the key is empty",
        > Limits.MaxKeyBytes => $"the key has {key.Length} bytes; at most {Limits.MaxKeyBytes} are allowed",
        _ => null,
    };

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

    // The name comes from outside and goes into messages and logs.
    private static string Printable(string text) =>
        new([.. text.Take(40).Select(c => char.IsControl(c) ? '?' : c)]);
}
