using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Tests.Actors.Node;
using AkkaTransport = Akka.Remote.Transport.Transport;

namespace TinyKv.Tests.Actors.Transport.Remoting;

/// <summary>How a claim to be a store is confirmed when the store is slow, or fails to answer.</summary>
public sealed class ClaimTests : TestKit
{
    private static readonly Address Self = Address.Parse("akka.tcp://tinykv@127.0.0.1:1");
    private static readonly Address Other = Address.Parse("akka.tcp://tinykv@127.0.0.1:2");

    private readonly SlowTransport _inner = new();

    [Fact]
    public async Task A_store_is_let_in_although_its_heartbeats_come_before_its_confirmation()
    {
        await using var cluster = new TestCluster(2);
        var store = await cluster.StartAsync(1, "tinykv.remoting.handshake-timeout = 100s");
        using var other = new TcpListener(IPAddress.Loopback, store.Settings.Stores[1].RemotingPort);
        other.Start();
        using var peer = await RemotingPeer.ConnectAsync(store);
        await peer.SendAsync(RemotingPeer.Associate("tinykv", store.Settings.Stores[1].RemotingPort, 1234));
        using var asked = await AskedAsync(other);
        for (var i = 0; i < 5; i++) await peer.SendAsync(RemotingPeer.Heartbeat);
        await WriteAsync(asked, RemotingFrame.TellUid(1234));
        Assert.NotNull(await peer.ReadAsync());
    }

    [Fact]
    public async Task A_connection_for_a_question_that_comes_too_late_is_closed()
    {
        var transport = new GuardedTransport(_inner, (ExtendedActorSystem)Sys, new GuardSetup(
            Self, Other.Equals, new RemotingSettings(1, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), 1)));
        Assert.False(await transport.Known.IsAsync(Other, 5).WaitAsync(Timeouts.Long));
        var late = new LateHandle();
        _inner.Connected.SetResult(late);
        await late.Closed.Task.WaitAsync(Timeouts.Long);
        await transport.Shutdown();
    }

    [Fact]
    public async Task A_question_that_fails_is_asked_again()
    {
        var asked = 0;
        var known = new KnownStores(Other.Equals, _ => ++asked == 1
            ? Task.FromException<int?>(new IOException("no route")) : Task.FromResult<int?>(5));
        await Assert.ThrowsAsync<IOException>(() => known.IsAsync(Other, 5));
        Assert.True(await known.IsAsync(Other, 5));
    }

    [Fact]
    public async Task No_more_than_a_few_wait_for_the_answer_of_a_store()
    {
        var answer = new TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var known = new KnownStores(Other.Equals, _ => answer.Task);
        var claims = Enumerable.Range(0, 100).Select(_ => known.IsAsync(Other, 5)).ToList();
        answer.SetResult(5);
        Assert.Equal(16, (await Task.WhenAll(claims).WaitAsync(Timeouts.Long)).Count(confirmed => confirmed));
        Assert.True(await known.IsAsync(Other, 5));
    }

    // Others connect there, too: the store looks for the cluster.
    private static async Task<TcpClient> AskedAsync(TcpListener listener)
    {
        while (true)
        {
            var connection = await listener.AcceptTcpClientAsync(Timeouts.Long);
            var length = new byte[4];
            await connection.GetStream().ReadExactlyAsync(length, Timeouts.Long);
            var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            await connection.GetStream().ReadExactlyAsync(frame, Timeouts.Long);
            if (RemotingFrame.AsksUid(frame)) return connection;
            connection.Dispose();
        }
    }

    private static async Task WriteAsync(TcpClient connection, ByteString frame)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, frame.Length);
        await connection.GetStream().WriteAsync((byte[])[.. length, .. frame.ToByteArray()], Timeouts.Long);
    }

    private sealed class SlowTransport : AkkaTransport
    {
        public TaskCompletionSource<AssociationHandle> Connected { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() =>
            Task.FromResult((Self, new TaskCompletionSource<IAssociationEventListener>()));

        public override bool IsResponsibleFor(Address remote) => true;

        public override Task<AssociationHandle> Associate(Address remoteAddress) => Connected.Task;

        public override Task<bool> Shutdown() => Task.FromResult(true);
    }

    private sealed class LateHandle() : AssociationHandle(Self, Other)
    {
        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool Write(ByteString payload) => false;

        [Obsolete("Akka's.")]
        public override void Disassociate() => Closed.TrySetResult();
    }
}
