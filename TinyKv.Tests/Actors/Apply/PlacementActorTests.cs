using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Actors.Apply;

public sealed class PlacementActorTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly Region Group = new(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, []);

    private readonly MemoryEngine _engine = new();
    private readonly TestProbe _parent;

    public PlacementActorTests() : base("akka.loglevel = WARNING") => _parent = CreateTestProbe();

    [Fact]
    public async Task Ids_start_above_those_that_clusters_are_born_with_and_are_given_out_once()
    {
        var placement = await StartAsync(5);

        Assert.Equal(new IdsAllocated(1000), await ApplyAsync(placement, 6, Ids(3)));
        Assert.Equal(new IdsAllocated(1003), await ApplyAsync(placement, 7, Ids(1)));
    }

    [Fact]
    public async Task State_and_applied_index_survive_a_restart()
    {
        var first = await StartAsync(5);
        await ApplyAsync(first, 6, Ids(3));
        await ApplyAsync(first, 7, Reserve(5000));
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        var second = await StartAsync(7);

        Assert.Equal(new IdsAllocated(1003), await ApplyAsync(second, 8, Ids(1)));
        Assert.Equal(new TimestampsReserved(6, 5000), await ApplyAsync(second, 9, Reserve(4000)));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _engine.Dispose();
    }

    private async Task<IActorRef> StartAsync(long applied)
    {
        var placement = _parent.ChildActorOf(PlacementActor.Props(_engine, Group, 5));
        Assert.Equal(applied, (await _parent.ExpectMsgAsync<Described>(WaitTimeout)).Applied);
        return placement;
    }

    private async Task<object> ApplyAsync(IActorRef placement, long index, PlacementCommand command)
    {
        var position = new LogPosition(index, 6);
        var asker = CreateTestProbe();
        placement.Tell(new TrackProposals([new PendingProposal(position, asker.Ref)]));
        placement.Tell(new ApplyEntries([new Entry(position, EntryKind.Command, command.ToByteArray())]), asker.Ref);
        return await asker.ExpectMsgAsync<object>(WaitTimeout);
    }

    private static PlacementCommand Ids(uint count) => new() { AllocateIds = new AllocateIds { Count = count } };

    private static PlacementCommand Reserve(long until) =>
        new() { ReserveTimestamps = new ReserveTimestamps { UntilMs = until } };
}
