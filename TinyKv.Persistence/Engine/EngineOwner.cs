using System.Buffers.Binary;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// The data directory that an engine belongs to, as the engine says itself: so that one that was lost is told from one that
/// was never used, also on a store without a region, and another store's is not taken for this one's.
/// </summary>
public static class EngineOwner
{
    /// <summary>Whose it is; none, of an engine that no store has used.</summary>
    /// <exception cref="StorageFailedException">The record is damaged.</exception>
    public static DirectoryId Of(IEngine engine)
    {
        using var snapshot = engine.Snapshot();
        if (snapshot.Get(ColumnFamily.Meta, MetaKeys.Owner) is not { } record) return DirectoryId.None;
        return record.Length == sizeof(ulong) ? new DirectoryId(BinaryPrimitives.ReadUInt64BigEndian(record))
            : throw new StorageFailedException($"the engine's record of whose it is has {record.Length} bytes")
            {
                IsDamage = true,
            };
    }

    /// <summary>Makes an engine a data directory's; durable on return.</summary>
    public static void Claim(IEngine engine, DirectoryId directory)
    {
        var record = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(record, directory.Value);
        using var batch = engine.NewBatch();
        batch.Put(ColumnFamily.Meta, MetaKeys.Owner, record);
        engine.Write(batch, sync: true);
    }
}
