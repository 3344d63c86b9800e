using System.Runtime.Serialization;
using Akka.Actor;
using Google.Protobuf;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Serialization;
using Admin = TinyKv.Protocol.Wire.Admin.V1;
using Proto = TinyKv.Protocol.Wire.Internal;
using Raw = TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Protocol;

public sealed class TinyKvSerializerTests : IDisposable
{
    private static readonly Configuration Members = new([new Peer(new PeerId(1), new StoreId(1))]);

    private static readonly ByteString K = ByteString.CopyFromUtf8("k");

    private readonly ActorSystem _system = ActorSystem.Create("serializer", ProtocolConfig.Reference);

    public void Dispose() => _system.Dispose();

    public static TheoryData<string, object> Wired => new()
    {
        { "b", new InitialState(Members, LogPosition.Zero) },
        { "r", new RaftRecord(1, new PeerId(2), []) },
        { "k", new RaftCheckpoint(new InitialState(Members, LogPosition.Zero), new RaftRecord(1, new PeerId(2), [])) },
        { "h", new Proto.StoreHello { Directory = 5, Earlier = { 6, 7 } } },
        { "a", new Proto.StoreHelloReply { Refusal = 3 } },
        { "i", new Proto.PlacementAllocateId() },
        { "t", new Proto.PlacementAllocateTimestamps { Count = 3 } },
        { "p", new Proto.PlacementReply { Id = 8 } },
        { "M", new Proto.PlacementChange { Command = new Proto.Command() } },
        { "L", new Proto.PlacementListStores() },
        { "N", new Proto.PlacementHeartbeat { StoreId = 3 } },
        { "l", new Proto.StoresReply { Refusal = 3 } },
        { "T", new Proto.RegionTransfer { RegionId = 1, ToStore = 3 } },
        { "K", new Proto.RegionMembers { RegionId = 1, StoreId = 4, HasPeer = true, NewPeer = 1001 } },
        { "x", new Proto.SplitAt { RegionId = 1, Key = K } },
        { "u", new Proto.RegionReply { Refusal = 3 } },
        { "G", new Raw.GetRequest { Key = K } },
        { "g", new Raw.GetResponse { Error = "e" } },
        { "P", new Raw.PutRequest { Key = K, Value = K } },
        { "D", new Raw.DeleteRequest { Key = K } },
        { "w", new Raw.WriteResponse { Error = "e" } },
        { "B", new Raw.BatchGetRequest { Keys = { K } } },
        { "v", new Raw.BatchGetResponse { Error = "e" } },
        { "U", new Raw.BatchPutRequest { Cf = "lock" } },
        { "X", new Raw.BatchDeleteRequest { Keys = { K } } },
        { "R", new Raw.DeleteRangeRequest { StartKey = K } },
        { "C", new Raw.CompareAndSetRequest { Key = K } },
        { "A", new Raw.PutIfAbsentRequest { Key = K } },
        { "c", new Raw.CompareAndSetResponse { Succeeded = true } },
        { "S", new Raw.ScanRequest { Limit = 3 } },
        { "s", new Raw.ScanResponse { NextKey = K } },
        { "E", new Raw.RequestEnvelope { Requests = { Raw.NumberedRequest.Of(7, new Raw.GetRequest { Key = K }) } } },
        { "e", new Raw.ReplyEnvelope { Replies = { Raw.NumberedReply.Of(7, new Raw.WriteResponse { Error = "e" }) } } },
        { "Q", new Admin.StoreStatusRequest() },
        { "q", new Admin.StoreStatusResponse { StoreId = 3 } },
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
    public void What_replicas_say_does_not_travel_between_actor_systems()
    {
        var serializer = new TinyKvSerializer((ExtendedActorSystem)_system);

        Assert.Throws<ArgumentException>(() => serializer.Manifest(new Proto.RaftBatch()));
        Assert.Throws<ArgumentException>(() => serializer.ToBinary(new Proto.RaftBatch()));
        Assert.Throws<MalformedMessageException>(() => serializer.FromBinary(new Proto.RaftBatch().ToByteArray(), "m"));
    }

    [Theory]
    [InlineData("E")]
    [InlineData("e")]
    public void A_message_of_a_million_parts_is_refused_before_it_takes_memory(string manifest)
    {
        var serializer = new TinyKvSerializer((ExtendedActorSystem)_system);
        var parts = new byte[2_000_000];
        for (var i = 0; i < parts.Length; i += 2) parts[i] = 0x0A;
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<MalformedMessageException>(() => serializer.FromBinary(parts, manifest));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < parts.Length);
        Assert.NotNull(serializer.FromBinary(parts[..4000], manifest));
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
    public void Every_message_of_the_raw_api_has_a_manifest()
    {
        var wired = Wired.Select(row => row[1].GetType()).ToHashSet();
        Assert.All(Raw.Raw.Descriptor.Methods, method =>
        {
            Assert.Contains(method.InputType.ClrType, wired);
            Assert.Contains(method.OutputType.ClrType, wired);
        });
    }

    [Theory]
    [InlineData("G", "FF")]
    [InlineData("S", "0A05")]
    [InlineData("q", "00")]
    public void Junk_in_a_message_of_the_gateway_is_malformed(string manifest, string hex) =>
        Assert.Throws<MalformedMessageException>(() => new TinyKvSerializer((ExtendedActorSystem)_system)
            .FromBinary(Convert.FromHexString(hex), manifest));

    // 2: protobuf by type name. 3: remote deployment. 16: Akka's commands, failures and router settings.
    [Theory]
    [InlineData(2, "Google.Protobuf.WellKnownTypes.Empty, Google.Protobuf")]
    [InlineData(3, "Akka.Remote.DaemonMsgCreate, Akka.Remote")]
    [InlineData(16, "PP")]
    [InlineData(16, "K")]
    [InlineData(16, "SF")]
    [InlineData(16, "CF")]
    [InlineData(16, "RORRP")]
    public void Formats_that_name_types_or_command_actors_are_not_read(int serializer, string manifest)
    {
        using var system = ActorSystem.Create("remote", Remote);
        var error = Assert.Throws<SerializationException>(() => system.Serialization.Deserialize([], serializer, manifest));
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_system_message_is_read_as_one_that_no_actor_handles()
    {
        using var system = ActorSystem.Create("remote", Remote);
        Assert.IsType<RefusedSystemMessage>(system.Serialization.Deserialize([1, 2, 3], 22, "T"));
    }

    private static Akka.Configuration.Config Remote => Akka.Configuration.ConfigurationFactory.ParseString("""
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """).WithFallback(ProtocolConfig.Reference);

    [Fact]
    public void Json_is_not_written() => Assert.Throws<SerializationException>(
        () => _system.Serialization.FindSerializerForType(typeof(object)).ToBinary(new object()));
}
