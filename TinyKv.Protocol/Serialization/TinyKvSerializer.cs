using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using TinyKv.Core.Raft;
using TinyKv.Protocol.Raft;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Serialization;

/// <summary>
/// Everything that stores write to journals, say to each other and to actor systems outside, and nothing else; what
/// replicas say to each other has connections of its own. The
/// number and the manifests are on disks and in other people's programs; they never change their meaning.
/// </summary>
public sealed class TinyKvSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string Initial = "b";
    private const string Record = "r";
    private const string Checkpoint = "k";
    private const string Hello = "h";
    private const string HelloReply = "a";
    private const string AllocateId = "i";
    private const string AllocateTimestamps = "t";
    private const string PlacementReply = "p";
    private const string Change = "M";
    private const string ListStores = "L";
    private const string Heartbeat = "N";
    private const string StoresReply = "l";
    private const string RegionTransfer = "T";
    private const string RegionMembers = "K";
    private const string SplitAt = "x";
    private const string RegionReply = "u";

    /// <inheritdoc/>
    public override int Identifier => 20160;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        InitialState => Initial,
        RaftRecord => Record,
        RaftCheckpoint => Checkpoint,
        Proto.StoreHello => Hello,
        Proto.StoreHelloReply => HelloReply,
        Proto.PlacementAllocateId => AllocateId,
        Proto.PlacementAllocateTimestamps => AllocateTimestamps,
        Proto.PlacementReply => PlacementReply,
        Proto.PlacementChange => Change,
        Proto.PlacementListStores => ListStores,
        Proto.PlacementHeartbeat => Heartbeat,
        Proto.StoresReply => StoresReply,
        Proto.RegionTransfer => RegionTransfer,
        Proto.RegionMembers => RegionMembers,
        Proto.SplitAt => SplitAt,
        Proto.RegionReply => RegionReply,
        IMessage message => GatewayManifests.Of(message) ?? throw Unknown(o),
        _ => throw Unknown(o),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        InitialState initial => RaftWire.Encode(initial),
        RaftRecord record => RaftWire.Encode(record),
        RaftCheckpoint checkpoint => RaftWire.Encode(checkpoint),
        Proto.StoreHello or Proto.StoreHelloReply or Proto.PlacementAllocateId or Proto.PlacementAllocateTimestamps
            or Proto.PlacementReply or Proto.PlacementChange or Proto.PlacementListStores or Proto.PlacementHeartbeat
            or Proto.StoresReply or Proto.RegionTransfer or Proto.RegionMembers or Proto.SplitAt
            or Proto.RegionReply => ((IMessage)obj).ToByteArray(),
        IMessage message when GatewayManifests.Of(message) is not null => message.ToByteArray(),
        _ => throw Unknown(obj),
    };

    /// <inheritdoc/>
    /// <exception cref="MalformedMessageException">Unknown manifest, or bytes that do not fit.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        Initial => RaftWire.DecodeInitialState(bytes),
        Record => RaftWire.DecodeRecord(bytes),
        Checkpoint => RaftWire.DecodeCheckpoint(bytes),
        Hello => WireCodec.Parse(Proto.StoreHello.Parser, bytes),
        HelloReply => WireCodec.Parse(Proto.StoreHelloReply.Parser, bytes),
        AllocateId => WireCodec.Parse(Proto.PlacementAllocateId.Parser, bytes),
        AllocateTimestamps => WireCodec.Parse(
            Proto.PlacementAllocateTimestamps.Parser, bytes),
        PlacementReply => WireCodec.Parse(Proto.PlacementReply.Parser, bytes),
        Change => WireCodec.Parse(Proto.PlacementChange.Parser, bytes),
        ListStores => WireCodec.Parse(Proto.PlacementListStores.Parser, bytes),
        Heartbeat => WireCodec.Parse(Proto.PlacementHeartbeat.Parser, bytes),
        StoresReply => WireCodec.Parse(Proto.StoresReply.Parser, bytes),
        RegionTransfer => WireCodec.Parse(Proto.RegionTransfer.Parser, bytes),
        RegionMembers => WireCodec.Parse(Proto.RegionMembers.Parser, bytes),
        SplitAt => WireCodec.Parse(Proto.SplitAt.Parser, bytes),
        RegionReply => WireCodec.Parse(Proto.RegionReply.Parser, bytes),
        _ => GatewayManifests.Read(manifest, bytes)
            ?? throw new MalformedMessageException($"unknown manifest '{ForeignText.Line(manifest, max: 80)}'"),
    };

    /// <summary>
    /// Whether messages of a manifest are taken only from those who are stores of the cluster. The gateway's are for all;
    /// introductions of strangers are refused by who judges them, which tells them why.
    /// </summary>
    public static bool IsForStoresOnly(string manifest) =>
        manifest is not (Hello or HelloReply) && GatewayManifests.ParserOf(manifest) is null;

    private static ArgumentException Unknown(object o) => new($"{o.GetType()} does not leave the process");
}
