using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using TinyKv.Core.Raft;
using TinyKv.Protocol;
using TinyKv.Protocol.Serialization;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol;

public sealed class TinyKvSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializer", ProtocolConfig.Reference);

    public void Dispose() => _system.Dispose();

    public static TheoryData<string, object> Wired => new()
    {
        { "b", new RaftBirth([new PeerId(1)], LogPosition.Zero) },
        { "r", new RaftRecord(1, new PeerId(2), []) },
        { "m", new Proto.RaftBatch { ClusterId = 4 } },
        { "m", new EncodedRaftBatch(new byte[] { 8, 4 }) },
        { "i", new Proto.PlacementAllocateId() },
        { "t", new Proto.PlacementAllocateTimestamps { Count = 3 } },
        { "p", new Proto.PlacementReply { Id = 8 } },
    };

    [Theory]
    [MemberData(nameof(Wired))]
    public void What_leaves_the_process_goes_through_the_one_serializer(string manifest, object message)
    {
        var found = _system.Serialization.FindSerializerFor(message);
        var serializer = Assert.IsType<TinyKvSerializer>(found);
        Assert.Equal(20160, serializer.Identifier);
        Assert.Equal(manifest, serializer.Manifest(message));

        var bytes = serializer.ToBinary(message);
        var read = _system.Serialization.Deserialize(bytes, 20160, manifest);
        Assert.Equal(bytes, serializer.ToBinary(read));
    }

    [Fact]
    public void A_batch_is_parsed_only_when_asked_for()
    {
        var sent = new Proto.RaftBatch { Messages = { new Proto.PeerMessage { RegionId = 1 } } };
        var serializer = (SerializerWithStringManifest)_system.Serialization.FindSerializerFor(sent);
        var received = Assert.IsType<EncodedRaftBatch>(serializer.FromBinary(serializer.ToBinary(sent), "m"));
        Assert.Equal(sent, received.Parse());

        var junk = Assert.IsType<EncodedRaftBatch>(serializer.FromBinary([0xFF], "m"));
        Assert.Throws<MalformedMessageException>(junk.Parse);
    }

    [Fact]
    public void An_unknown_manifest_is_refused() => Assert.Throws<MalformedMessageException>(
        () => new TinyKvSerializer((ExtendedActorSystem)_system).FromBinary([], "System.Uri"));

    [Fact]
    public void A_type_without_a_binding_is_not_written() => Assert.Throws<SerializationException>(
        () => _system.Serialization.Serialize(new Uri("http://localhost")));

    [Fact]
    public void Json_is_not_read()
    {
        var json = """{"$type":"System.Uri, System","s":"http://localhost"}"""u8.ToArray();
        var error = Assert.Throws<SerializationException>(
            () => _system.Serialization.Deserialize(json, 1, "System.Uri, System"));
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_not_written() => Assert.Throws<SerializationException>(
        () => _system.Serialization.FindSerializerForType(typeof(object)).ToBinary(new object()));
}
