using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote;
using CsCheck;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Protocol;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;
using TinyKv.Tests.Protocol;

namespace TinyKv.Tests.Actors.Transport.Remoting;

public sealed class RemotingFrameTests
{
    private static readonly Gen<byte[]> Messages = Gen.Select(
        AnyOf(1, 5, 6, 9, 14, 20160), Gen.OneOf(Gen.String, AnyOf("C", "m", "G")), Gens.Bytes, Gen.Bool,
        (serializer, manifest, bytes, selects) => selects
            ? Selection(Message(serializer, manifest, bytes)) : Message(serializer, manifest, bytes));

    private static readonly Gen<byte[]> Frames = Gen.OneOf(
        Gen.Select(Gen.String, Gen.Int[0, 70_000], Gen.Int, RemotingPeer.Associate),
        Gen.Int.Select(uid => RemotingFrame.TellUid(uid).ToByteArray()),
        AnyOf(RemotingFrame.AskUid.ToByteArray(), RemotingPeer.Heartbeat, RemotingPeer.DisassociateQuarantined),
        Gen.Select(Messages, Gen.OneOf(Gen.String, Gen.String.Select(path => $"akka.tcp://a@b:1/{path}")), Frame));

    [Fact]
    public async Task The_handshake_of_a_real_system_is_read()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var outside = OutsideSystem.Friendly();
        outside.Actors.ActorSelection($"akka.tcp://x@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/user/y")
            .Tell(new Identify(1));
        using var socket = await listener.AcceptTcpClientAsync(Timeouts.Long);

        Assert.True(RemotingFrame.TryHandshake(await ReadAsync(socket.GetStream()), out var origin, out var uid));

        var own = ((ExtendedActorSystem)outside.Actors).Provider.DefaultAddress;
        Assert.Equal((own.System, own.Host, own.Port), (origin.System, origin.Host, origin.Port));
        Assert.Equal(AddressUidExtension.Uid(outside.Actors), uid);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void A_number_that_is_told_is_read(int uid) =>
        Assert.Equal(uid, RemotingFrame.ToldUid(RemotingFrame.TellUid(uid).Span));

    // Akka reads the last of two, or both as one.
    [Fact]
    public void A_field_that_stands_there_twice_is_refused()
    {
        var frame = RemotingPeer.Associate("tinykv", 4053, 1);
        Assert.True(RemotingFrame.TryHandshake(frame, out _, out _));
        byte[] twice = [.. frame, .. RemotingPeer.DisassociateQuarantined];
        Assert.Throws<MalformedMessageException>(() => RemotingFrame.TryHandshake(twice, out _, out _));
        Assert.False(RemotingRules.Allows(twice, fromStore: true, IsStore, out _));
    }

    [Fact]
    public void A_message_for_a_selection_of_actors_is_looked_into()
    {
        var down = Message(5, "Akka.Cluster.ClusterUserAction+Down, Akka.Cluster", []);
        var gossip = Message(5, "Akka.Cluster.GossipEnvelope, Akka.Cluster", []);
        Assert.All(new[] { down, Selection(down), Selection(Selection(down)) }, message =>
        {
            Assert.False(RemotingRules.Allows(Frame(message), fromStore: true, IsStore, out _));
            Assert.False(RemotingRules.Allows(Frame(message), fromStore: false, IsStore, out _));
        });
        Assert.All(new[] { gossip, Selection(gossip) }, message =>
        {
            Assert.True(RemotingRules.Allows(Frame(message), fromStore: true, IsStore, out _));
            Assert.False(RemotingRules.Allows(Frame(message), fromStore: false, IsStore, out _));
        });
    }

    [Theory]
    [InlineData("A", false)]
    [InlineData("B", false)]
    [InlineData("C", true)]
    public void ClusterClient_is_heard_and_gossip_of_strangers_is_not(string manifest, bool taken) => Assert.Equal(
        taken, RemotingRules.Allows(Frame(Message(9, manifest, [1])), fromStore: false, IsStore, out _));

    [Theory]
    [InlineData("G", true)]
    [InlineData("w", true)]
    [InlineData("m", false)]
    [InlineData("h", true)]
    [InlineData("t", false)]
    [InlineData("zz", false)]
    public void From_outside_come_messages_of_the_gateway_and_those_whose_sender_is_checked(string manifest, bool taken)
    {
        Assert.Equal(taken, RemotingRules.Allows(Frame(Message(20160, manifest, [1])), fromStore: false, IsStore, out _));
        Assert.True(RemotingRules.Allows(Frame(Message(20160, manifest, [1])), fromStore: true, IsStore, out _));
    }

    // Receivers know a store by the address of the sender, which whoever sends it writes himself.
    [Fact]
    public void A_message_in_the_name_of_a_store_is_taken_from_stores_only()
    {
        var message = Message(20160, "h", [1]);
        Assert.False(RemotingRules.Allows(
            Frame(message, "akka.tcp://tinykv@store:2/user/handshake"), fromStore: false, IsStore, out _));
        Assert.True(RemotingRules.Allows(
            Frame(message, "akka.tcp://tinykv@store:2/user/handshake"), fromStore: true, IsStore, out _));
        Assert.True(RemotingRules.Allows(
            Frame(message, "akka.tcp://other@program:2/user/a"), fromStore: false, IsStore, out _));
    }

    [Fact]
    public void Whatever_arrives_is_allowed_or_refused_and_nothing_else() =>
        Gen.Select(Gen.OneOf(Gens.Bytes, Frames, Gens.Damaged(Frames)), Gen.Bool).Sample((frame, fromStore) =>
        {
            _ = RemotingRules.Allows(frame, fromStore, IsStore, out var refused);
            Assert.True(refused.Length < 100);
            RaftWireTests.OnlyMalformed(() => RemotingFrame.TryHandshake(frame, out _, out _));
            RaftWireTests.OnlyMalformed(() => RemotingFrame.AsksUid(frame));
            RaftWireTests.OnlyMalformed(() => RemotingFrame.ToldUid(frame));
        }, iter: Fuzz.Iterations(20_000));

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    private static byte[] Message(int serializer, string manifest, byte[] bytes) =>
        [.. RemotingPeer.Bytes(1, bytes), .. RemotingPeer.Number(2, (ulong)serializer), .. RemotingPeer.Text(3, manifest)];

    private static byte[] Selection(byte[] message) => Message(6, "", RemotingPeer.Bytes(1, message));

    private static bool IsStore(Address address) => address.Host == "store";

    private static byte[] Frame(byte[] message, string sender = "") => RemotingPeer.Bytes(1, RemotingPeer.Bytes(2,
    [
        .. RemotingPeer.Bytes(1, RemotingPeer.Text(1, "akka.tcp://a@b:1/user/c")),
        .. RemotingPeer.Bytes(2, message),
        .. RemotingPeer.Bytes(4, RemotingPeer.Text(1, sender)),
    ]));

    private static async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, Timeouts.Long);
        var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        await stream.ReadExactlyAsync(frame, Timeouts.Long);
        return frame;
    }
}
