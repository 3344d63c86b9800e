using System.Diagnostics;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>The writes that checked requests stand for.</summary>
internal static class RawWrites
{
    /// <summary>The batch of a request that writes in any case.</summary>
    public static IReadOnlyList<Modify> Of(IRawRequest request, ColumnFamily family) => request switch
    {
        PutRequest put => [new Modify.Put(family, put.Key.Memory, put.Value.Memory)],
        DeleteRequest delete => [new Modify.Delete(family, delete.Key.Memory)],
        BatchPutRequest batch =>
            [.. batch.Pairs.Select(pair => new Modify.Put(family, pair.Key.Memory, pair.Value.Memory))],
        BatchDeleteRequest batch => [.. batch.Keys.Select(key => new Modify.Delete(family, key.Memory))],
        DeleteRangeRequest range =>
            [new Modify.DeleteRange(family, new KeyRange(range.StartKey.Memory, range.EndKey.Memory))],
        Kv.RawPutRequest put => [new Modify.Put(family, put.Key.Memory, put.Value.Memory)],
        Kv.RawDeleteRequest delete => [new Modify.Delete(family, delete.Key.Memory)],
        _ => throw new UnreachableException($"{request.GetType()}"),
    };

    /// <summary>The condition and the batch of a compare-and-set.</summary>
    public static (Condition Condition, Modify Write) Of(CompareAndSetRequest request, ColumnFamily family)
    {
        var key = request.Key.Memory;
        // The cast keeps null apart from the empty value.
        var expected = request.Expected is { Found: true } value ? (ReadOnlyMemory<byte>?)value.Value.Memory : null;
        Modify write = request.Desired is { Found: true } desired
            ? new Modify.Put(family, key, desired.Value.Memory) : new Modify.Delete(family, key);
        return (new Condition(family, key, expected), write);
    }

    /// <summary>The condition and the batch of a put of an absent key.</summary>
    public static (Condition Condition, Modify Write) Of(PutIfAbsentRequest request, ColumnFamily family) => (
        new Condition(family, request.Key.Memory, null),
        new Modify.Put(family, request.Key.Memory, request.Value.Memory));
}
