using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using CsCheck;
using Google.Protobuf;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Journal;
using TinyKv.Protocol;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Stores;
using TinyKv.Protocol.Wire.Internal;
using AllocateIds = TinyKv.Core.Commands.AllocateIds;
using Proto = TinyKv.Protocol.Wire;
using ReserveTimestamps = TinyKv.Core.Commands.ReserveTimestamps;
using WriteCommand = TinyKv.Core.Commands.WriteCommand;
using WriteGroup = TinyKv.Core.Commands.WriteGroup;

namespace TinyKv.Tests.Protocol;

/// <summary>
/// Whatever bytes arrive, or are on a disk: they are read or refused in the one typed way. See <see cref="Fuzz"/>.
/// </summary>
public sealed class DecoderFuzzTests : IDisposable
{
    private static readonly int[] Akkas = [1, 2, 3, 16, 22];
    private static readonly string[] Manifests = ["", "ID", "AID", "RWHB", "RWHR", "P", "System.Uri"];

    private static readonly Gen<byte[]> Valid = Gen.OneOf(
        Gens.Record.Select(record => RaftWire.Encode(record)),
        Gens.Initial.Select(initial => RaftWire.Encode(initial)),
        Gens.Envelope.Select(envelope => RaftWire.ToWire(RegionId.First, envelope).ToByteArray()),
        Gens.Envelope.Array[0, 3].Select(Batch),
        Gens.Modify.Array[0, 4].Select(
            Gens.Condition, (batch, condition) => CommandCodec.Encode(new WriteCommand(1, batch, condition))),
        Gens.Modify.Array[0, 2].Array[0, 4].Select(batches =>
            CommandCodec.Encode(new WriteGroup([.. batches.Select(batch => new WriteCommand(1, batch))]))),
        Gen.Long.Select(until =>
            CommandCodec.Encode(new ReserveTimestamps(until))),
        Gen.UInt.Select(count => CommandCodec.Encode(new AllocateIds(count))),
        Gens.StoreCommand.Select(CommandCodec.Encode),
        Gens.Hello.Select(hello => HelloWire.ToWire(hello).ToByteArray()),
        Gens.HelloReply.Select(reply => HelloWire.ToWire(1, new StoreId(2), reply).ToByteArray()),
        RawGens.Requests.Select(envelope => envelope.ToByteArray()),
        RawGens.Replies.Select(envelope => envelope.ToByteArray()));

    private static readonly Gen<byte[]> Anything = Gen.OneOf(Gens.Bytes, Valid, Gens.Damaged(Valid));

    private readonly ActorSystem _system = ActorSystem.Create("fuzz", ConfigurationFactory.ParseString("""
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """).WithFallback(ProtocolConfig.Reference));

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Every_decoder_reads_it_or_calls_it_malformed()
    {
        Action<byte[]>[] decoders =
        [
            bytes => RaftWire.DecodeRecord(bytes),
            bytes => RaftWire.DecodeInitialState(bytes),
            bytes => RaftWire.DecodeRecord(RaftWireTests.Sealed(bytes)),
            bytes => RaftWire.DecodeInitialState(RaftWireTests.Sealed(bytes)),
            bytes => RaftWire.DecodeCheckpoint(bytes),
            bytes => RaftWire.DecodeCheckpoint(RaftWireTests.Sealed(bytes)),
            bytes => RaftWire.FromWire(WireCodec.Parse(PeerMessage.Parser, bytes)),
            bytes => { foreach (var message in new EncodedRaftBatch(bytes).Parse().Messages) RaftWire.FromWire(message); },
            bytes => HelloWire.FromWire(WireCodec.Parse(StoreHello.Parser, bytes)),
            bytes => HelloWire.FromWire(WireCodec.Parse(StoreHelloReply.Parser, bytes)),
            bytes => CommandCodec.Decode(bytes),
            bytes => WireCodec.Parse(Proto.Raw.V1.RequestEnvelope.Parser, bytes),
            bytes => WireCodec.Parse(Proto.Raw.V1.ReplyEnvelope.Parser, bytes),
            bytes => RegionErrors.FromWire(WireCodec.Parse(Proto.Errors.Error.Parser, bytes)),
            bytes => RegionErrors.FromWire(WireCodec.Parse(Proto.Meta.Region.Parser, bytes)),
        ];
        Anything.Sample(bytes =>
        {
            foreach (var decode in decoders) RaftWireTests.OnlyMalformed(() => decode(bytes));
        }, iter: Fuzz.Iterations());
    }

    [Fact]
    public void What_passes_the_check_of_its_form_can_be_applied() => Anything.Sample(bytes =>
    {
        if (CommandCodec.IsWrite(bytes)) CommandCodec.Decode(bytes);
        if (CommandCodec.IsData(bytes)) CommandCodec.Decode(bytes);
        if (CommandCodec.IsPlacement(bytes)) CommandCodec.Decode(bytes);
    }, iter: Fuzz.Iterations());

    [Fact]
    public void Our_serializer_reads_it_or_calls_it_malformed()
    {
        var serializer = new TinyKvSerializer((ExtendedActorSystem)_system);
        Gen.Select(Anything, Gen.Char[' ', '~']).Sample(
            (bytes, manifest) => RaftWireTests.OnlyMalformed(() => serializer.FromBinary(bytes, $"{manifest}")),
            iter: Fuzz.Iterations());
    }

    // 1 JSON, 2 protobuf by type name, 3 remote deployment, 16 Akka's small messages, 22 its system messages. Any other
    // exception would close the connection of all that its system says.
    [Fact]
    public void The_serializers_in_the_place_of_akkas_read_it_or_refuse_it() =>
        Gen.Select(Anything, Gen.Int[0, 4].Select(n => Akkas[n]), Gen.Int[0, 6].Select(n => Manifests[n]))
            .Sample((bytes, serializer, manifest) =>
            {
                try
                {
                    _system.Serialization.Deserialize(bytes, serializer, manifest);
                }
                catch (SerializationException)
                {
                }
            }, iter: Fuzz.Iterations());

    [Fact]
    public void An_event_of_the_journal_is_read_or_reported_as_damaged()
    {
        var codec = new EventCodec(_system.Serialization);
        var events = Gens.Record.Select(record => codec.Encode(new Akka.Persistence.Persistent(record, 1, "p")));
        Gen.OneOf(Gens.Bytes, Gens.Damaged(events)).Sample(bytes =>
        {
            try
            {
                codec.Decode("p", 1, bytes);
            }
            catch (Exception e) when (e is InvalidDataException or SerializationException)
            {
            }
        }, iter: Fuzz.Iterations());
    }

    private static byte[] Batch(TinyKv.Core.Raft.RaftEnvelope[] envelopes)
    {
        var batch = new RaftBatch { ClusterId = 1, FromStore = 1, ToStore = 2 };
        foreach (var envelope in envelopes) batch.Messages.Add(RaftWire.ToWire(RegionId.First, envelope));
        return batch.ToByteArray();
    }
}
