using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Wire.Internal;
using Modify = TinyKv.Core.Storage.Modify;
using SplitRegion = TinyKv.Core.Commands.SplitRegion;
using WriteCommand = TinyKv.Core.Commands.WriteCommand;

namespace TinyKv.Tests.Actors.Regions;

/// <summary>A region of 100 bytes a pair, to be split at 500 when it has 1,000; the store's regions are the test.</summary>
public sealed class SplitCheckerTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly Peer Self = new(new PeerId(11), new StoreId(1));

    private readonly MemoryEngine _engine = new();
    private readonly RegionTable _table = new();
    private readonly RegionGrowth _growth = new();
    private readonly TestProbe _store;
    private readonly TestProbe _ids;

    public SplitCheckerTests() : base("akka.loglevel = OFF")
    {
        (_store, _ids) = (CreateTestProbe(), CreateTestProbe());
        Lead(RegionId.Placement, "", "");
        Lead(RegionId.First, "", "");
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _engine.Dispose();
    }

    [Fact]
    public async Task A_region_that_has_grown_too_large_is_split_behind_its_first_part_and_the_rest_is_looked_at_again()
    {
        Write(RegionId.First, pairs: 25);
        Start();

        var split = await AnswerAsync();
        Lead(RegionId.First, "", "05", version: 2);
        Lead(new RegionId(100), "05", "", version: 2);
        _store.Reply(split);

        Assert.Equal("05", Encoding.UTF8.GetString(split.Child.Range.Start.Span));
        // Of the rest it was not read how large it is.
        var next = await _store.ExpectMsgAsync<ProposeSplit>(WaitTimeout);
        Assert.Equal((new RegionId(100), "10"), (next.Region, Encoding.UTF8.GetString(next.Key.Span)));
    }

    [Fact]
    public async Task What_is_small_or_led_elsewhere_is_left_alone()
    {
        Lead(RegionId.First, "", "a", version: 2);
        Write(RegionId.First, pairs: 9);
        Lead(new RegionId(7), "a", "", leader: new Peer(new PeerId(12), new StoreId(2)));
        Write(new RegionId(7), pairs: 25, prefix: "a");
        Start();

        await _store.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(2500));
        // What was written since counts, together with what there was.
        Write(RegionId.First, pairs: 1, from: 9);
        Assert.Equal(RegionId.First, (await _store.ExpectMsgAsync<ProposeSplit>(WaitTimeout)).Region);
    }

    [Fact]
    public async Task One_pair_that_is_too_large_is_not_split_and_not_read_again_and_again()
    {
        Write(RegionId.First, pairs: 1, bytes: 5000);
        Start();

        await _store.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(2500));
        Assert.Empty(_growth.Grown(1000, 62));
    }

    private void Start() => Sys.ActorOf(SplitChecker.Props(new SplitCheckerSpec
    {
        Table = _table,
        Store = _store.Ref,
        Ids = new StoreServices(() => ImmutableSortedDictionary<ulong, IActorRef>.Empty.Add(1, _ids.Ref)),
        Engine = _engine,
        Growth = _growth,
        Settings = new RegionSettings(SplitBytes: 500, MaxBytes: 1000),
    }));

    // Up to where the answer is due.
    private async Task<RegionSplit> AnswerAsync()
    {
        await _store.ExpectMsgAsync<ProposeSplit>(WaitTimeout);
        _store.Reply(new SplitNeedsNumbers(2));
        for (var id = 100UL; id < 102; id++)
        {
            await _ids.ExpectMsgAsync<PlacementAllocateId>(WaitTimeout);
            _ids.Reply(new PlacementReply { Id = id });
        }
        var asked = await _store.ExpectMsgAsync<ProposeSplit>(WaitTimeout);
        Assert.Equal(new ulong[] { 100, 101 }, asked.Numbers.ToArray());
        return SplitPlan.Of(_table.Find(asked.Region)!.Region, new SplitRegion(
            RegionEpoch.Initial, asked.Key, new RegionId(100), [new PeerId(101)]));
    }

    private void Lead(RegionId region, string start, string end, ulong version = 1, Peer? leader = null) =>
        _table.Post(new ReplicaView(
            new Region(region, new KeyRange(Encoding.UTF8.GetBytes(start), Encoding.UTF8.GetBytes(end)),
                new RegionEpoch(1, version), [leader ?? Self]),
            new PeerView(new LeadershipChange(
                leader is null ? RoleKind.Leader : RoleKind.Follower, 6, (leader ?? Self).Id), leader ?? Self, CaughtUp: true)));

    private void Write(RegionId region, int pairs, int bytes = 98, int from = 0, string prefix = "")
    {
        var writes = Enumerable.Range(from, pairs).Select(i => (Modify)new Modify.Put(
            ColumnFamily.Default, Encoding.UTF8.GetBytes($"{prefix}{i:00}"), new byte[bytes - prefix.Length])).ToList();
        var known = _table.Find(region)!.Region;
        using var batch = _engine.NewBatch();
        BatchWriter.Write(batch, writes, known);
        _engine.Write(batch, sync: false);
        AppliedCommand[] commands = [new(default, new WriteCommand(1, writes), new Applied(writes, Written.Instance))];
        _growth.Of(region).OnApplied(new AppliedBatch(known, 1, commands, TimeSpan.Zero));
    }
}
