using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Kv;

/// <summary>The writes of one request, as a command in the Raft log.</summary>
/// <param name="RegionVersion">The version of the region that the writes were checked against.</param>
/// <param name="Batch">Applied together or not at all, in this order.</param>
public sealed record KvCommand(ulong RegionVersion, IReadOnlyList<Modify> Batch);

/// <summary>Commands as bytes. Their bytes live in logs: fields are only ever added.</summary>
public static class KvCommandCodec
{
    /// <summary>The bytes of a batch of writes.</summary>
    public static byte[] Encode(ulong regionVersion, IReadOnlyList<Modify> batch)
    {
        var wire = new Proto.KvCommand { RegionVersion = regionVersion };
        wire.Modifies.Capacity = batch.Count;
        foreach (var modify in batch)
        {
            wire.Modifies.Add(new Proto.Modify
            {
                ColumnFamily = (int)modify.Family,
                Delete = modify is Modify.Delete,
                Key = WireCodec.Wrap(modify.Key),
                Value = modify is Modify.Put put ? WireCodec.Wrap(put.Value) : ByteString.Empty,
            });
        }
        return wire.ToByteArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static KvCommand Decode(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.KvCommand.Parser, bytes);
        var batch = new Modify[wire.Modifies.Count];
        for (var i = 0; i < batch.Length; i++) batch[i] = Read(wire.Modifies[i]);
        return new KvCommand(wire.RegionVersion, batch);
    }

    private static Modify Read(Proto.Modify wire)
    {
        var family = (ColumnFamily)wire.ColumnFamily;
        var known = family is >= ColumnFamily.Default and <= ColumnFamily.Meta;
        WireCodec.Require(known, "a write to an unknown column family");
        if (!wire.Delete) return new Modify.Put(family, wire.Key.Memory, wire.Value.Memory);
        WireCodec.Require(wire.Value.IsEmpty, "a delete with a value");
        return new Modify.Delete(family, wire.Key.Memory);
    }
}
