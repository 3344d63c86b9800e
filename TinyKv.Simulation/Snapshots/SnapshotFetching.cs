using TinyKv.Core.Keys;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Protocol.Snapshots;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Snapshots;

/// <summary>How a snapshot comes from the sender to the receiver, chunk by chunk, over a way that damages, repeats and mixes up
/// what it carries.</summary>
internal sealed class SnapshotFetching(SnapshotPlan plan, Random random, Trace trace, Marks<SnapshotMark> marks)
{
    private readonly MemoryEngine _sender = plan.Sender.Copy();
    private readonly List<byte[]> _sent = []; // all that ever was, of this snapshot and of others

    /// <summary>Fetches it; the sender is written to meanwhile.</summary>
    public StagedSnapshot Run(MemoryStaging staging)
    {
        using var pinned = _sender.Snapshot();
        while (true)
        {
            if (TryFetch(staging, pinned) is not { } staged) continue;
            marks.Hit(SnapshotMark.Fetched);
            marks.HitIf(staged.Tables.Count > 3, SnapshotMark.SeveralTables);
            marks.HitIf(staged.Tables.Count == 0, SnapshotMark.EmptySnapshot);
            return staged;
        }
    }

    private StagedSnapshot? TryFetch(MemoryStaging staging, ISnapshot pinned)
    {
        var header = SnapshotWire.DecodeHeader(SnapshotWire.Encode(new SnapshotHeader(plan.Region, plan.Applied)));
        using var assembly = new SnapshotAssembly(staging, header, tableBytes: random.Next(1, 300));
        while (!assembly.IsWhole)
        {
            if (random.Percent(1))
            {
                marks.Hit(SnapshotMark.ReceiverRestarted);
                return null;
            }
            WriteToSender();
            Take(assembly, Answer(pinned, assembly.At));
        }
        return assembly.Complete();
    }

    // What the receiver gets when it asks for what comes next.
    private byte[] Answer(ISnapshot pinned, SnapshotCursor at)
    {
        var header = new SnapshotHeader(plan.Region, plan.Applied);
        var chunk = SnapshotWire.Encode(ChunkReader.Read(pinned, header, at, maxBytes: random.Next(1, 120)));
        _sent.Add(chunk);
        switch (random.Next(10))
        {
            case 0:
                marks.Hit(SnapshotMark.ChunkDamaged);
                var damaged = chunk.ToArray();
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
            case 1:
                marks.Hit(SnapshotMark.ChunkTwice);
                return random.Pick<byte[]>([.. _sent]);
            case 2:
                // Of the engine as it is now.
                marks.Hit(SnapshotMark.ChunkOfAnother);
                var later = header with { Applied = plan.Applied with { Index = plan.Applied.Index + 1 } };
                using (var now = _sender.Snapshot())
                    return SnapshotWire.Encode(ChunkReader.Read(
                        now, later, random.Pick(SnapshotCursor.Start, at), maxBytes: random.Next(1, 120)));
            default: return chunk;
        }
    }

    private void Take(SnapshotAssembly assembly, byte[] answer)
    {
        try
        {
            assembly.Add(SnapshotWire.DecodeChunk(answer));
            trace.Mix(assembly.At.Bytes);
            trace.Add($"the receiver is at {assembly.At}");
        }
        catch (SnapshotDamagedException e)
        {
            trace.Add($"refused: {e.Message}");
        }
    }

    private void WriteToSender()
    {
        if (!random.Percent(20)) return;
        marks.Hit(SnapshotMark.WrittenWhileFetched);
        using var batch = _sender.NewBatch();
        batch.Put(random.Pick(ColumnFamily.Default, ColumnFamily.Write), [(byte)random.Next(1, 100)], [(byte)random.Next(256)]);
        _sender.Write(batch, sync: false);
    }
}
