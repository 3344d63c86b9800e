using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Apply;

/// <summary>Changes of members as a state machine applies them.</summary>
public sealed class MemberChangeTests() : ApplyActorKit(start: "a")
{
    private static readonly Peer Here = new(new PeerId(1), new StoreId(1));
    private static readonly Peer There = new(new PeerId(2), new StoreId(2));

    [Fact]
    public async Task A_new_member_is_in_the_engine_with_the_entry_that_adds_it_and_everybody_is_told()
    {
        var kv = await StartAsync(expected: 5);

        kv.Tell(new ApplyEntries([Members(6, Here, There)]), TestActor);

        var changed = await ExpectMsgAsync<RegionChanged>(WaitTimeout);
        Assert.Equal([Here, There], changed.Record.Region.Peers.ToArray());
        Assert.Equal((2UL, RegionState.Normal), (changed.Record.Region.Epoch.ConfVer, changed.Record.State));
        Assert.Equal(changed, await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout));
        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);
        Assert.Equal((2UL, 6L), Stored());
        Assert.Equal(1, Engine.Writes);
    }

    [Fact]
    public async Task With_its_removal_a_replica_has_no_keys_and_applies_nothing_that_follows()
    {
        var kv = await StartAsync(expected: 5);

        kv.Tell(new ApplyEntries([Put(6, "b"), Members(7, There), Put(8, "c")]), TestActor);

        var changed = await ExpectMsgAsync<RegionChanged>(WaitTimeout);
        Assert.Equal((RegionState.Tombstone, Here.Id), (changed.Record.State, changed.Record.Former));
        await ExpectMsgAsync(new EntriesApplied(7), WaitTimeout);
        Assert.Equal((null, null), (Value("b"), Value("c")));
        Assert.Equal((2UL, 7L), Stored());
    }

    [Fact]
    public async Task Whoever_waits_for_a_replica_that_is_removed_is_told()
    {
        var kv = await StartAsync(expected: 5);
        var (writer, reader) = (CreateTestProbe(), CreateTestProbe());
        kv.Tell(new TrackProposals([new PendingProposal(new LogPosition(9, 7), writer.Ref)]));
        kv.Tell(new ServeReads(9, 7, [reader.Ref]));

        kv.Tell(new ApplyEntries([Members(6, There)]), TestActor);
        await ExpectMsgAsync<RegionChanged>(WaitTimeout);
        kv.Tell(new TakeView(Region.Id), TestActor);

        await writer.ExpectMsgAsync(new RegionError.StaleCommand(), WaitTimeout);
        await reader.ExpectMsgAsync(new RegionError.RegionNotFound(Region.Id), WaitTimeout);
        await FishForMessageAsync<RegionError.RegionNotFound>(_ => true, WaitTimeout);
    }

    [Fact]
    public async Task A_replica_that_learns_of_its_removal_from_others_ends_as_any_other()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ApplyEntries([Put(6, "b")]), TestActor);
        await ExpectMsgAsync(new EntriesApplied(6), WaitTimeout);

        kv.Tell(new ReplicaRemoved(9), TestActor);

        var record = (await Parent.ExpectMsgAsync<RegionChanged>(WaitTimeout)).Record;
        Assert.Equal((RegionState.Tombstone, Here.Id, 1UL), (record.State, record.Former, record.Region.Epoch.ConfVer));
        Assert.Null(Value("b"));
        Assert.Equal((1UL, 6L), Stored());
    }

    [Fact]
    public async Task What_others_say_as_of_an_earlier_change_removes_nothing()
    {
        var kv = await StartAsync(expected: 5);
        kv.Tell(new ApplyEntries([Put(6, "b"), Members(7, Here, There)]), TestActor);
        await FishForMessageAsync<EntriesApplied>(_ => true, WaitTimeout);

        kv.Tell(new ReplicaRemoved(1), TestActor);
        kv.Tell(Describe.Instance, TestActor);

        Assert.Equal(RegionState.Normal, (await ExpectMsgAsync<Described>(WaitTimeout)).Record.State);
        Assert.Equal("v", Value("b"));
    }

    private (ulong ConfVer, long Applied) Stored()
    {
        using var snapshot = Engine.Snapshot();
        return (MetaRecords.ReadAll(snapshot).Single().Region.Epoch.ConfVer, MetaRecords.AppliedOf(snapshot, Region.Id).Index);
    }

    private static Entry Members(long index, params Peer[] members) => new(
        new LogPosition(index, 7), EntryKind.Configuration, ConfigurationCodec.Encode(new Configuration(members)));

    private static Entry Put(long index, string key) => new(new LogPosition(index, 7), EntryKind.Command,
        CommandCodec.Encode(new WriteCommand(1, [new Modify.Put(ColumnFamily.Default, Bytes(key), "v"u8.ToArray())])));
}
