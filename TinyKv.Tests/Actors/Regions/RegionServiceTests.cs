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
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Regions;

/// <summary>Two stores that are asked to transfer leadership, whose regions are the test.</summary>
public sealed class RegionServiceTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly StoreId Two = new(2);

    private readonly TestProbe _here;
    private readonly TestProbe _there;
    private readonly RegionAdmin _admin;

    public RegionServiceTests() : base("akka.loglevel = WARNING")
    {
        (_here, _there) = (CreateTestProbe(), CreateTestProbe());
        var services = ImmutableSortedDictionary<ulong, IActorRef>.Empty
            .Add(1, ServiceOf(1, _here)).Add(2, ServiceOf(2, _there));
        _admin = new RegionAdmin(
            new StoreId(1), new StoreServices(() => services), new RegionTable(),
            (count, _) => Task.FromResult(Enumerable.Range(100, count).Select(number => (ulong)number).ToImmutableArray()),
            WaitTimeout, TimeProvider.System);

        IActorRef ServiceOf(ulong store, TestProbe regions) =>
            Sys.ActorOf(RegionService.Props(new StoreId(store), regions.Ref, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_transfer_is_passed_on_to_the_leader_and_ends_when_the_other_leads()
    {
        var transfer = TransferAsync();
        await AnswerAsync(_here, new RegionError.NotLeader(RegionId.First, new Peer(new PeerId(12), Two)));

        Assert.Equal(new TransferLeadership(RegionId.First, Two), await AnswerAsync(_there, new TransferOutcome.Done()));
        Assert.False(await transfer);
    }

    [Fact]
    public async Task Who_leads_already_is_told_so()
    {
        var transfer = TransferAsync();
        await AnswerAsync(_here, new TransferOutcome.Refused(TransferRefusal.LeadsAlready, ""));

        Assert.True(await transfer);
    }

    [Theory]
    [InlineData(TransferRefusal.NoSuchPeer, RegionRefusalKind.NoSuchPeer, "store 2 has no replica of region 1")]
    [InlineData(TransferRefusal.IsLearner, RegionRefusalKind.NotPossible, "promote it first")]
    [InlineData(TransferRefusal.HasLostData, RegionRefusalKind.NotPossible, "has lost entries")]
    public async Task A_refusal_is_final_and_names_the_store(TransferRefusal reason, RegionRefusalKind kind, string text)
    {
        var transfer = TransferAsync();
        await AnswerAsync(_here, new TransferOutcome.Refused(reason, ""));

        await RefusedAsync(transfer, kind, text);
    }

    [Theory]
    [InlineData(7, "store 2 lacks 7 entries of region 1")]
    [InlineData(0, "store 2 was told to lead region 1 and does not")]
    public async Task A_transfer_that_was_given_up_says_why(long behind, string text)
    {
        var transfer = TransferAsync();
        await AnswerAsync(_here, new TransferOutcome.GivenUp(behind));

        await RefusedAsync(transfer, RegionRefusalKind.GivenUp, text);
    }

    [Fact]
    public async Task A_region_is_unknown_when_no_store_has_it()
    {
        var transfer = TransferAsync();
        await AnswerAsync(_here, new RegionError.RegionNotFound(RegionId.First));
        await AnswerAsync(_there, new RegionError.RegionNotFound(RegionId.First));

        await RefusedAsync(transfer, RegionRefusalKind.UnknownRegion, "no store has a replica of region 1");
    }

    [Fact]
    public async Task A_change_of_members_is_passed_on_to_the_leader_and_answered_with_what_is_under_way()
    {
        var goal = new MemberGoal.Voter(new StoreId(4), new PeerId(1001));
        var change = ChangeAsync(goal);
        await AnswerChangeAsync(_here, new RegionError.NotLeader(RegionId.First, new Peer(new PeerId(12), Two)));
        var asked = await AnswerChangeAsync(
            _there, new ConfChangeOutcome.Refused(ConfChangeRefusal.LearnerIsBehind, "it is behind"));

        Assert.Equal(new ChangeMembers(RegionId.First, goal), asked);
        Assert.Equal(new MemberStep("it is behind"), await change);
    }

    [Fact]
    public async Task A_goal_that_is_reached_leaves_nothing_to_do()
    {
        var change = ChangeAsync(new MemberGoal.None(Two));

        Assert.Equal(new MemberGoal.None(Two), (await AnswerChangeAsync(_here, new ConfChangeOutcome.AlreadyDone())).Goal);
        Assert.Equal(new MemberStep(null), await change);
    }

    [Fact]
    public async Task A_new_replica_without_a_number_is_asked_for_one()
    {
        var change = ChangeAsync(new MemberGoal.Voter(new StoreId(4), PeerId.None));
        await AnswerChangeAsync(_here, new NumberNeeded(7, "it needs one"));

        Assert.Equal(new MemberStep("it needs one", NeedsNumber: true, ConfVer: 7), await change);
    }

    [Theory]
    [InlineData(ConfChangeRefusal.LastVoter, "store 2 is the only one that votes: add another first")]
    [InlineData(ConfChangeRefusal.TooManyMembers, "remove one first")]
    public async Task A_change_that_cannot_be_made_is_refused_and_says_what_to_do(ConfChangeRefusal reason, string text)
    {
        var change = ChangeAsync(new MemberGoal.None(Two));
        await AnswerChangeAsync(_here, new ConfChangeOutcome.Refused(reason, ""));

        await RefusedAsync(change, RegionRefusalKind.NotPossible, text);
    }

    [Fact]
    public async Task A_split_is_proposed_with_as_many_new_numbers_as_the_leader_asks_for()
    {
        var split = SplitAsync("g");
        Assert.Empty((await AnswerSplitAsync(new SplitNeedsNumbers(2))).Numbers);
        var (parent, child) = (RegionWith(1, "b", "g"), RegionWith(100, "g", "m"));
        var proposed = await AnswerSplitAsync(new RegionSplit(parent, child));

        Assert.Equal(new ulong[] { 100, 101 }, proposed.Numbers.ToArray());
        Assert.Equal("g"u8.ToArray(), proposed.Key.ToArray());
        Assert.Equal((parent.Range, child.Range), await split is { } done ? (done.Parent.Range, done.Child.Range) : default);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("m")]
    public async Task At_a_bound_of_the_region_there_is_nothing_to_split(string bound)
    {
        var split = SplitAsync(bound);
        await AnswerSplitAsync(new RegionError.KeyNotInRegion(Encoding.UTF8.GetBytes(bound), RegionWith(1, "b", "m")));

        Assert.Null(await split);
    }

    [Fact]
    public async Task A_split_at_a_key_of_another_region_is_refused_and_says_what_the_region_has()
    {
        var split = SplitAsync("x");
        await AnswerSplitAsync(new RegionError.KeyNotInRegion("x"u8.ToArray(), RegionWith(1, "b", "m")));

        await RefusedAsync(split, RegionRefusalKind.KeyNotInRegion, "the key 78 is not in region 1, which has [62, 6D)");
    }

    [Fact]
    public async Task A_region_whose_members_have_changed_meanwhile_asks_for_other_numbers()
    {
        var split = SplitAsync("g");
        await AnswerSplitAsync(new SplitNeedsNumbers(2));
        await AnswerSplitAsync(new SplitNeedsNumbers(3));
        var proposed = await AnswerSplitAsync(new RegionSplit(RegionWith(1, "b", "g"), RegionWith(100, "g", "m")));

        Assert.Equal(3, proposed.Numbers.Length);
        Assert.NotNull(await split);
    }

    private Task<RegionSplit?> SplitAsync(string key) =>
        _admin.SplitAsync(RegionId.First, Encoding.UTF8.GetBytes(key), CancellationToken.None).WaitAsync(WaitTimeout);

    private async Task<ProposeSplit> AnswerSplitAsync(object answer)
    {
        var asked = await _here.ExpectMsgAsync<ProposeSplit>(WaitTimeout);
        _here.Reply(answer);
        return asked;
    }

    private static Region RegionWith(ulong id, string start, string end) => new(
        new RegionId(id), new KeyRange(Encoding.UTF8.GetBytes(start), Encoding.UTF8.GetBytes(end)), RegionEpoch.Initial, []);

    private Task<MemberStep> ChangeAsync(MemberGoal goal) =>
        _admin.ChangeMembersAsync(RegionId.First, goal, ifConfVer: 0, CancellationToken.None);

    private static async Task<ChangeMembers> AnswerChangeAsync(TestProbe regions, object answer)
    {
        var asked = await regions.ExpectMsgAsync<ChangeMembers>(WaitTimeout);
        regions.Reply(answer);
        return asked;
    }

    private Task<bool> TransferAsync() => _admin.TransferLeaderAsync(RegionId.First, Two, CancellationToken.None);

    private static async Task<TransferLeadership> AnswerAsync(TestProbe regions, object answer)
    {
        var asked = await regions.ExpectMsgAsync<TransferLeadership>(WaitTimeout);
        regions.Reply(answer);
        return asked;
    }

    private static async Task RefusedAsync(Task transfer, RegionRefusalKind kind, string text)
    {
        var refused = await Assert.ThrowsAsync<RegionRefusedException>(() => transfer.WaitAsync(WaitTimeout));
        Assert.Equal(kind, refused.Kind);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }
}
