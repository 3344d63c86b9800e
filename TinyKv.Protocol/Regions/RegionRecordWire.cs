using Google.Protobuf;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Regions;

/// <summary>The records of regions as bytes. They live on disks: fields are only ever added.</summary>
public static class RegionRecordWire
{
    /// <summary>The bytes of a record.</summary>
    public static byte[] Encode(RegionRecord record) => new Proto.RegionRecord
    {
        Region = RegionErrors.ToWire(record.Region),
        State = (int)record.State,
        JournalBorn = record.JournalBorn,
        FormerPeer = record.Former.Value,
    }.ToByteArray();

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static RegionRecord Decode(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.RegionRecord.Parser, bytes);
        WireCodec.Require(wire.Region?.RegionEpoch is not null, "a record without a region");
        WireCodec.Require(Enum.IsDefined((RegionState)wire.State), $"a region in state {wire.State}");
        return new RegionRecord(RegionErrors.FromWire(wire.Region))
        {
            State = (RegionState)wire.State,
            JournalBorn = wire.JournalBorn,
            Former = new PeerId(wire.FormerPeer),
        };
    }
}
