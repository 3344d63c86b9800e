using Akka.Actor;
using TinyKv.Actors.Node;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Actors.Requests;

namespace TinyKv.Tests.Actors.Transport.Remoting;

/// <summary>Connections to the remoting port that only take room.</summary>
[Trait("lane", "slow")]
public sealed class RemotingFloodTests : IAsyncDisposable
{
    private const int MiB = 1024 * 1024;

    // With its own bounds, Akka closes a connection without a handshake, or without signs of life, after some seconds.
    private const string PatientAkka = """

        akka.remote.dot-netty.tcp.connection-timeout = 1000s
        akka.remote.transport-failure-detector.acceptable-heartbeat-pause = 1000s
        """;

    private readonly TestCluster _cluster = new(1);
    private readonly List<RemotingPeer> _peers = [];

    public async ValueTask DisposeAsync()
    {
        _peers.ForEach(peer => peer.Dispose());
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_long_frame_before_the_handshake_is_cut_off_at_its_length()
    {
        var store = await _cluster.StartAsync(1, "tinykv.remoting.handshake-timeout = 1000s" + PatientAkka);
        for (var i = 0; i < 40; i++) await (await PeerAsync(store)).BeginAsync(15 * MiB);
        await Task.WhenAll(_peers.Select(peer => peer.WhenClosedAsync()));
        await AssertServingAsync(store);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed()
    {
        var store = await _cluster.StartAsync(1, "tinykv.remoting.handshake-timeout = 200ms" + PatientAkka);
        await (await PeerAsync(store)).WhenClosedAsync();
    }

    [Fact]
    public async Task Messages_that_do_not_end_hold_bounded_memory()
    {
        const int Room = 16, Part = 2;
        var store = await _cluster.StartAsync(
            1, $"tinykv.remoting {{ max-unfinished-bytes = {Room}MiB, message-timeout = 1000s }}" + PatientAkka);
        var closed = new List<Task>();
        for (var i = 0; i < 40; i++)
        {
            var peer = await PeerAsync(store);
            await peer.SendAsync(RemotingPeer.Associate($"outside{i}", 30_000 + i, i));
            Assert.NotNull(await peer.ReadAsync());
            await peer.BeginAsync(15 * MiB);
            await peer.WriteAsync(new byte[Part * MiB]);
            closed.Add(peer.WhenClosedAsync());
        }
        // All but those that fit; the last bytes may still be on their way.
        for (var i = 0; i < 40 - Room / Part; i++)
        {
            var first = await Task.WhenAny(closed).WaitAsync(Timeouts.Long);
            closed.Remove(first);
            await first;
        }
        await AssertServingAsync(store);
    }

    [Fact]
    public async Task A_message_that_does_not_end_is_given_up_in_time()
    {
        var store = await _cluster.StartAsync(
            1, "tinykv.remoting { message-timeout = 200ms, handshake-timeout = 2s }" + PatientAkka);
        var peer = await PeerAsync(store);
        await peer.SendAsync(RemotingPeer.Associate("outside", 30_000, 1));
        Assert.NotNull(await peer.ReadAsync());
        await peer.BeginAsync(MiB);
        await peer.WhenClosedAsync();
    }

    [Fact]
    public async Task A_message_that_does_not_end_is_given_up_also_after_a_time_when_nothing_was_owed()
    {
        var store = await _cluster.StartAsync(
            1, "tinykv.remoting { message-timeout = 200ms, handshake-timeout = 2s }" + PatientAkka);
        var peer = await PeerAsync(store);
        await peer.SendAsync(RemotingPeer.Associate("outside", 30_000, 1));
        Assert.NotNull(await peer.ReadAsync());
        // Once it is closed, nobody is looked at any more.
        await (await PeerAsync(store)).WhenClosedAsync();
        await peer.BeginAsync(MiB);
        await peer.WhenClosedAsync();
    }

    [Fact]
    public async Task One_address_has_so_many_connections_and_no_more()
    {
        var store = await _cluster.StartAsync(1, "tinykv.remoting.max-connections-per-address = 3");
        for (var i = 1; i <= 4; i++)
        {
            var peer = await PeerAsync(store);
            await peer.SendAsync(RemotingPeer.Associate($"outside{i}", 30_000 + i, i));
            Assert.Equal(i > 3, await peer.ReadAsync() is null);
        }
        _peers[0].Dispose();
        await Eventually.Async(async () =>
        {
            using var peer = await RemotingPeer.ConnectAsync(store);
            await peer.SendAsync(RemotingPeer.Associate("outside5", 30_005, 5));
            return await peer.ReadAsync();
        });
    }

    private async Task<RemotingPeer> PeerAsync(StoreNode store)
    {
        _peers.Add(await RemotingPeer.ConnectAsync(store));
        return _peers[^1];
    }

    private static async Task AssertServingAsync(StoreNode store)
    {
        await using var friendly = OutsideSystem.Friendly();
        var reply = await friendly.Gateway(store).Ask<GetResponse>(
            new GetRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k") }, Timeouts.Long);
        Assert.Null(reply.RegionError);
    }
}
