using Akka.Remote;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Transport.Remoting;

/// <summary>Frames that somebody sends by hand under the address of a store. Of three stores, two run.</summary>
[Trait("lane", "slow")]
public sealed class ForgedStoreTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(3);

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync();
        await _cluster.LeaderAsync();
        await _cluster.StopAsync(3);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(1, "its own address")]
    [InlineData(2, "the address of a store that runs")]
    [InlineData(3, "the address of a store that does not")]
    public async Task Two_frames_under_the_address_of_a_store_end_no_store(ulong claimed, string what)
    {
        foreach (var store in _cluster.Nodes)
        {
            using var peer = await RemotingPeer.ConnectAsync(store);
            await peer.SendAsync(RemotingPeer.Associate("tinykv", PortOf(claimed), 1234));
            await peer.SendAsync(RemotingPeer.DisassociateQuarantined);
            await peer.WhenClosedAsync();
        }
        await AssertServingAsync(what);
    }

    // Akka shuts the incarnation out that it knew under the address: the real store, for five days.
    [Fact]
    public async Task A_handshake_with_another_number_does_not_shut_the_store_out_whose_address_it_says()
    {
        for (var uid = 1; uid <= 5; uid++)
        {
            using var peer = await RemotingPeer.ConnectAsync(_cluster[1]);
            await peer.SendAsync(RemotingPeer.Associate("tinykv", PortOf(2), uid));
            Assert.Null(await peer.ReadAsync());
        }
        await AssertServingAsync("made-up numbers");
    }

    [Fact]
    public async Task The_right_number_under_the_address_of_a_store_is_let_in()
    {
        using var peer = await RemotingPeer.ConnectAsync(_cluster[1]);
        await peer.SendAsync(RemotingPeer.Associate("tinykv", PortOf(2), AddressUidExtension.Uid(_cluster[2].System)));
        Assert.NotNull(await peer.ReadAsync());
    }

    [Fact]
    public async Task A_store_that_was_started_again_is_let_in_under_its_new_number()
    {
        var before = AddressUidExtension.Uid(_cluster[2].System);
        await _cluster.StopAsync(2);
        await _cluster.StartAsync(2);
        Assert.NotEqual(before, AddressUidExtension.Uid(_cluster[2].System));
        await AssertServingAsync("a new incarnation");
    }

    private int PortOf(ulong store) =>
        _cluster[1].Settings.Stores.First(each => each.Id.Value == store).RemotingPort;

    // Without the other, neither can commit.
    private async Task AssertServingAsync(string what)
    {
        await _cluster.PutAsync(what, [1]);
        Assert.Equal([1], await _cluster.GetAsync(what));
        Assert.All(_cluster.Nodes, node => Assert.False(node.Terminated.IsCompleted));
    }
}
