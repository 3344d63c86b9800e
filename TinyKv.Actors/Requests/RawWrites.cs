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
    /// <summary>What a request writes, and under which condition; null: in any case.</summary>
    public static (IReadOnlyList<Modify> Batch, Condition? Condition) Of(IRawRequest request, ColumnFamily family) =>
        request switch
        {
            CompareAndSetRequest cas => Of(cas, family),
            PutIfAbsentRequest put => Of(put, family),
            _ => (BatchOf(request, family), null),
        };

    /// <summary>The reply to a write that is done.</summary>
    public static IRawReply ReplyTo(IRawRequest request, ConditionOutcome? outcome) => outcome is null
        ? request.NewReply() : new CompareAndSetResponse
        {
            Succeeded = outcome.Succeeded,
            Previous = RawReplies.Maybe(outcome.Previous),
        };

    private static IReadOnlyList<Modify> BatchOf(IRawRequest request, ColumnFamily family) => request switch
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

    private static (IReadOnlyList<Modify> Batch, Condition? Condition) Of(CompareAndSetRequest request, ColumnFamily family)
    {
        var key = request.Key.Memory;
        // The cast keeps null apart from the empty value.
        var expected = request.Expected is { Found: true } value ? (ReadOnlyMemory<byte>?)value.Value.Memory : null;
        Modify write = request.Desired is { Found: true } desired
            ? new Modify.Put(family, key, desired.Value.Memory) : new Modify.Delete(family, key);
        return ([write], new Condition(family, key, expected));
    }

    private static (IReadOnlyList<Modify> Batch, Condition? Condition) Of(
        PutIfAbsentRequest request, ColumnFamily family) => (
            [new Modify.Put(family, request.Key.Memory, request.Value.Memory)],
            new Condition(family, request.Key.Memory, null));
}
