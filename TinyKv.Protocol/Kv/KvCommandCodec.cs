using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Kv;

/// <summary>The writes of one request, as a command in the Raft log.</summary>
/// <param name="RegionVersion">The version of the region that the writes were checked against.</param>
/// <param name="Batch">Applied together or not at all, in this order.</param>
/// <param name="Condition">What must hold for the batch to be applied; null: nothing.</param>
public sealed record KvCommand(ulong RegionVersion, IReadOnlyList<Modify> Batch, Condition? Condition = null);

/// <summary>Commands as bytes. Their bytes live in logs: fields are only ever added.</summary>
public static class KvCommandCodec
{
    /// <summary>The most bytes that a write, or the condition, takes in a command beside keys and values.</summary>
    public const int MaxOverheadBytes = 32;

    /// <summary>The bytes of a batch of writes, and of the condition for it.</summary>
    public static byte[] Encode(ulong regionVersion, IReadOnlyList<Modify> batch, Condition? condition = null)
    {
        var wire = new Proto.KvCommand { RegionVersion = regionVersion };
        wire.Modifies.Capacity = batch.Count;
        foreach (var modify in batch) wire.Modifies.Add(Write(modify));
        if (condition is not null) wire.Condition = Write(condition);
        return wire.ToByteArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static KvCommand Decode(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.KvCommand.Parser, bytes);
        var batch = new Modify[wire.Modifies.Count];
        for (var i = 0; i < batch.Length; i++) batch[i] = Read(wire.Modifies[i]);
        return new KvCommand(wire.RegionVersion, batch, wire.Condition is { } condition ? Read(condition) : null);
    }

    /// <summary>Whether bytes are a command that <see cref="Decode"/> reads. Allocates nothing.</summary>
    public static bool IsCommand(ReadOnlyMemory<byte> bytes) => KvCommandForm.Fits(bytes.Span);

    private static Proto.Modify Write(Modify modify)
    {
        var wire = new Proto.Modify { ColumnFamily = (int)modify.Family, Key = WireCodec.Wrap(modify.Key) };
        switch (modify)
        {
            case Modify.Put put:
                wire.Value = WireCodec.Wrap(put.Value);
                break;
            case Modify.Delete:
                wire.Delete = true;
                break;
            case Modify.DeleteRange range:
                wire.DeleteRange = true;
                wire.EndKey = WireCodec.Wrap(range.Range.End);
                break;
        }
        return wire;
    }

    private static Proto.Condition Write(Condition condition) => new()
    {
        ColumnFamily = (int)condition.Family,
        Key = WireCodec.Wrap(condition.Key),
        Present = condition.Expected is not null,
        Value = condition.Expected is { } expected ? WireCodec.Wrap(expected) : ByteString.Empty,
    };

    private static Modify Read(Proto.Modify wire)
    {
        var family = Family(wire.ColumnFamily);
        WireCodec.Require(wire.DeleteRange || wire.EndKey.IsEmpty, "a write of one key with an end key");
        if (!wire.Delete && !wire.DeleteRange) return new Modify.Put(family, wire.Key.Memory, wire.Value.Memory);
        WireCodec.Require(wire.Value.IsEmpty, "a delete with a value");
        WireCodec.Require(wire.Delete != wire.DeleteRange, "a delete of both a key and a range");
        return wire.Delete ? new Modify.Delete(family, wire.Key.Memory)
            : new Modify.DeleteRange(family, new KeyRange(wire.Key.Memory, wire.EndKey.Memory));
    }

    private static Condition Read(Proto.Condition wire)
    {
        WireCodec.Require(wire.Present || wire.Value.IsEmpty, "a condition that expects no key, and a value of it");
        return new Condition(
            Family(wire.ColumnFamily), wire.Key.Memory,
            wire.Present ? (ReadOnlyMemory<byte>?)wire.Value.Memory : null);
    }

    private static ColumnFamily Family(int number)
    {
        var family = (ColumnFamily)number;
        // The store's own records are no command's: they say what is applied.
        var known = family is >= ColumnFamily.Default and <= ColumnFamily.Write;
        WireCodec.Require(known, "a command for a column family that commands do not write");
        return family;
    }
}
