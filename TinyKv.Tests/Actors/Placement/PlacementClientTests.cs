using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Actors.Placement;

public sealed class PlacementClientTests : TestKit
{
    [Fact]
    public async Task Whoever_leads_says_why_there_is_no_timestamp_and_not_those_who_name_it()
    {
        var client = ClientOf(
            new PlacementReply { Error = "the clock is wrong" },
            new PlacementReply { Error = "not the leader", LeaderStore = 1 });

        var failure = await Assert.ThrowsAsync<PlacementUnavailableException>(
            () => client.AllocateTimestampsAsync(1, CancellationToken.None));

        Assert.Contains("the clock is wrong", failure.Message);
    }

    [Fact]
    public async Task The_store_that_another_names_is_asked_next()
    {
        var client = ClientOf(
            new PlacementReply { Error = "not the leader", LeaderStore = 3 },
            new PlacementReply { Error = "not asked" },
            new PlacementReply { Id = 42 });

        Assert.Equal(42UL, await client.AllocateIdAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_placement_refuses_of_stores_is_not_asked_of_another()
    {
        var client = ClientOf(
            new StoresReply { Error = "not the leader", LeaderStore = 2 },
            new StoresReply { Refusal = (int)RegistryRefusalKind.LastStore, RefusalText = "the last one" });

        var refused = await Assert.ThrowsAsync<RegistryRefusedException>(() => client.ChangeStoresAsync(
            new TinyKv.Core.Commands.SetStoreState(new StoreId(1), StoreState.Offline), CancellationToken.None));

        Assert.Equal(new RegistryRefusal(RegistryRefusalKind.LastStore, "the last one"), refused.Refusal);
    }

    // Of store 1, whose table knows no leader.
    private PlacementClient ClientOf(params object[] replies)
    {
        var services = Enumerable.Range(1, replies.Length).ToImmutableSortedDictionary(
            store => (ulong)store,
            store => Sys.ActorOf(Props.Create(() => new FixedReply(replies[store - 1]))));
        return new PlacementClient(
            new StoreId(1), new StoreServices(() => services), new StoreServices(() => services), new RegionTable(),
            new StoreTable(StoreDirectory.Empty), new HastyClock());
    }

    private sealed class FixedReply : ReceiveActor
    {
        public FixedReply(object reply) => ReceiveAny(_ => Sender.Tell(reply));
    }

    /// <summary>A second goes by whenever somebody looks.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _timestamp;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _timestamp++;
    }
}
