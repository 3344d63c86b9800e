using Akka.Actor;
using Google.Protobuf;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Tests.Actors.Node;
using Body = TinyKv.Protocol.Wire.Internal.SnapshotMessage.BodyOneofCase;

namespace TinyKv.Tests.Actors.Snapshots;

public sealed class SnapshotsActorTests : SnapshotsKit
{
    [Fact]
    public async Task A_snapshot_arrives_whole_with_what_it_is_of()
    {
        StartSender();
        var receiver = StartReceiver();

        var staged = await FetchedAsync(receiver);

        Assert.Equal(Everything, Content(staged.Snapshot));
        Assert.Equal(Applied, staged.Snapshot.Header.Applied);
        Assert.Equal<Peer>(Region.Peers, staged.Snapshot.Header.Region.Peers);
        Assert.Equal(staged.Snapshot, Staging.Find(Region.Id));
    }

    [Fact]
    public async Task The_log_behind_a_snapshot_is_asked_for_when_it_is_begun_and_with_each_part()
    {
        StartSender();

        await FetchedAsync(StartReceiver());

        for (var i = 0; i < 7; i++)
            Assert.Equal(new SnapshotPinned(Region.Id, ReceivingStore, Applied.Index),
                await SendingStoreRegions.ExpectMsgAsync<SnapshotPinned>(WaitTimeout));
    }

    [Fact]
    public async Task Once_it_has_arrived_the_sender_keeps_nothing_and_the_range_stays_reserved()
    {
        StartSender();
        var receiver = StartReceiver();
        await FetchedAsync(receiver);

        await Eventually.True(() => Engine.OpenSnapshots == 0);
        Assert.Equal(Region.Id, (await Regions.ExpectMsgAsync<ReserveRange>(WaitTimeout)).Region.Id);
        await Regions.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        receiver.Tell(new DropSnapshot(Region.Id, Applied with { Index = 99 })); // of an earlier one
        await Regions.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        receiver.Tell(new DropSnapshot(Region.Id, Applied));
        await Regions.ExpectMsgAsync<ReleaseRange>(WaitTimeout);
        Assert.Empty(Staging.Regions);
    }

    [Fact]
    public async Task Who_asks_again_for_what_has_arrived_gets_it_and_for_what_is_later_a_new_one()
    {
        StartSender();
        var receiver = StartReceiver();
        var first = await FetchedAsync(receiver);
        Assert.Same(first.Snapshot, (await FetchedAsync(receiver)).Snapshot);
        Put(batch =>
        {
            MetaRecords.WriteApplied(batch, Region.Id, Applied with { Index = 200 });
            batch.Put(ColumnFamily.Write, "z"u8, "later"u8);
        });

        receiver.Tell(Fetch(atLeast: 101));

        var second = await ExpectMsgAsync<SnapshotStaged>(WaitTimeout);
        Assert.Equal([.. Everything, "Write 7A"], Content(second.Snapshot));
        Assert.Equal(200, second.Snapshot.Header.Applied.Index);
    }

    [Fact]
    public async Task What_was_asked_for_while_it_was_installed_is_not_fetched_again_until_the_replica_was_removed()
    {
        StartSender();
        var receiver = StartReceiver();
        receiver.Tell(new InstallSnapshot((await FetchedAsync(receiver)).Snapshot), TestActor);
        await ExpectMsgAsync<SnapshotInstalled>(WaitTimeout);
        await Eventually.True(() => !ChildrenOf(receiver).Any());
        Told = _ => null; // whoever fetches it does so until it is told again

        receiver.Tell(Fetch(atLeast: Applied.Index), TestActor);
        await receiver.Ask<SnapshotsUnderWay>(DescribeSnapshots.Instance, WaitTimeout);
        Assert.Empty(ChildrenOf(receiver));

        Told = message => message;
        receiver.Tell(new ForgetSnapshots(Region.Id));
        await FetchedAsync(receiver);
    }

    [Fact]
    public async Task Two_chunks_are_asked_for_at_once_and_no_more()
    {
        Settings = Settings with { RetryInterval = TimeSpan.FromSeconds(10) };
        var pulls = CreateTestProbe();
        Asked = message =>
        {
            pulls.Tell(message);
            return null;
        };
        StartReceiver().Tell(Fetch());

        var first = await pulls.ExpectMsgAsync<SnapshotMessage>(WaitTimeout);
        var second = await pulls.ExpectMsgAsync<SnapshotMessage>(WaitTimeout);

        Assert.Equal((0u, 1u), (first.Pull.Ahead, second.Pull.Ahead));
        await pulls.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task Every_chunk_is_asked_for_once_when_nothing_goes_wrong()
    {
        Settings = Settings with { RetryInterval = TimeSpan.FromSeconds(10) };
        var parts = 0;
        Told = message =>
        {
            if (message.BodyCase == Body.Part) parts++;
            return message;
        };
        StartSender();

        await FetchedAsync(StartReceiver());

        // Nine pairs of one family by two, and one of another.
        Assert.Equal(6, parts);
    }

    [Fact]
    public async Task Who_hears_nothing_makes_the_connection_to_the_sender_anew()
    {
        Settings = Settings with { IdleTimeout = TimeSpan.FromSeconds(4) };
        Asked = message => Reconnected.IsEmpty ? null : message;
        StartSender();

        await FetchedAsync(StartReceiver());

        Assert.Equal([(ReceivingStore, SendingStore)], Reconnected);
    }

    [Fact]
    public async Task Who_is_asked_again_for_what_he_has_sent_makes_the_connection_to_the_receiver_anew()
    {
        Settings = Settings with { IdleTimeout = TimeSpan.FromSeconds(4) };
        var parts = 0;
        Told = message => message.BodyCase == Body.Part && Interlocked.Increment(ref parts) >= 3
            && !Reconnected.Contains((SendingStore, ReceivingStore)) ? null : message;
        StartSender();

        await FetchedAsync(StartReceiver());

        Assert.Contains((SendingStore, ReceivingStore), Reconnected);
    }

    [Fact]
    public async Task No_connection_is_made_anew_when_nothing_goes_wrong()
    {
        Settings = Settings with { RetryInterval = TimeSpan.FromSeconds(10) };
        StartSender();

        await FetchedAsync(StartReceiver());

        Assert.Empty(Reconnected);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_damaged_chunk_is_asked_for_again(int which)
    {
        Settings = Settings with { RetryInterval = TimeSpan.FromSeconds(10) };
        var parts = 0;
        Told = message =>
        {
            if (message.BodyCase == Body.Part && ++parts == which) message.Part.Chunk = Damaged(message.Part.Chunk);
            return message;
        };
        StartSender();

        Assert.Equal(Everything, Content((await FetchedAsync(StartReceiver())).Snapshot));
    }

    [Fact]
    public async Task A_damaged_header_is_not_believed()
    {
        Settings = Settings with { RetryInterval = TimeSpan.FromSeconds(10) };
        var isFirst = true;
        Told = message =>
        {
            if (message.BodyCase == Body.Part && isFirst) message.Part.Header = Damaged(message.Part.Header);
            isFirst = false;
            return message;
        };
        StartSender();

        Assert.Equal(Applied, (await FetchedAsync(StartReceiver())).Snapshot.Header.Applied);
    }

    [Fact]
    public async Task A_sender_whose_chunks_are_always_damaged_is_given_up()
    {
        Told = message =>
        {
            if (message.BodyCase == Body.Part) message.Part.Chunk = Damaged(message.Part.Chunk);
            return message;
        };
        StartSender();

        StartReceiver().Tell(Fetch());

        Assert.Contains("damaged", (await ExpectMsgAsync<SnapshotNotFetched>(WaitTimeout)).Reason, StringComparison.Ordinal);
        Assert.Empty(Staging.Regions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_lost_answer_is_asked_for_again(int which)
    {
        var parts = 0;
        Told = message => message.BodyCase == Body.Part && ++parts == which ? null : message;
        StartSender();

        Assert.Equal(Everything, Content((await FetchedAsync(StartReceiver())).Snapshot));
    }

    [Fact]
    public async Task After_a_break_it_continues_where_it_was_with_the_engine_as_it_was()
    {
        var (parts, isCut) = (0, false);
        Told = message =>
        {
            if (message.BodyCase == Body.Part && ++parts == 3) isCut = true;
            return isCut ? null : message;
        };
        var begins = 0;
        Asked = message =>
        {
            if (message.BodyCase == Body.Pull && message.Pull.At.Pairs == 0) begins++;
            return message;
        };
        StartSender();
        StartReceiver().Tell(Fetch());
        await Eventually.True(() => isCut);

        Put(batch => batch.Put(ColumnFamily.Write, "z"u8, "later"u8));
        isCut = false;

        Assert.Equal(Everything, Content((await ExpectMsgAsync<SnapshotStaged>(WaitTimeout)).Snapshot));
        Assert.Equal(2, begins);
    }

    [Fact]
    public async Task When_the_sender_was_restarted_it_is_begun_anew_with_the_engine_as_it_is()
    {
        var (parts, isCut) = (0, false);
        Told = message =>
        {
            if (message.BodyCase == Body.Part && ++parts == 3) isCut = true;
            return isCut ? null : message;
        };
        var first = StartSender();
        StartReceiver().Tell(Fetch());
        await Eventually.True(() => isCut);
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        Put(batch => batch.Put(ColumnFamily.Write, "z"u8, "later"u8));
        StartSender();
        isCut = false;

        Assert.Equal([.. Everything, "Write 7A"], Content((await ExpectMsgAsync<SnapshotStaged>(WaitTimeout)).Snapshot));
        await Eventually.True(() => Engine.OpenSnapshots == 0);
    }

    [Fact]
    public async Task When_the_receiver_was_restarted_it_begins_anew_and_the_sender_lets_go_of_the_first()
    {
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(500) };
        var (parts, isCut) = (0, false);
        Told = message =>
        {
            if (message.BodyCase == Body.Part && ++parts == 3) isCut = true;
            return isCut ? null : message;
        };
        StartSender();
        var first = StartReceiver();
        first.Tell(Fetch());
        await Eventually.True(() => isCut);
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);
        Assert.Empty(Staging.Regions);

        isCut = false;
        Assert.Equal(Everything, Content((await FetchedAsync(StartReceiver())).Snapshot));
        await Eventually.True(() => Engine.OpenSnapshots == 0);
    }

    [Fact]
    public async Task A_sender_that_says_nothing_is_given_up_and_the_range_released()
    {
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(400) };
        var parts = 0;
        Told = message => message.BodyCase == Body.Part && ++parts <= 2 ? message : null;
        StartSender();

        StartReceiver().Tell(Fetch());

        Assert.Contains("nothing", (await ExpectMsgAsync<SnapshotNotFetched>(WaitTimeout)).Reason, StringComparison.Ordinal);
        await Regions.ExpectMsgAsync<ReserveRange>(WaitTimeout);
        await Regions.ExpectMsgAsync<ReleaseRange>(WaitTimeout);
        Assert.Empty(Staging.Regions);
    }

    [Fact]
    public async Task Two_leave_a_store_at_once_and_the_third_waits_for_its_place()
    {
        var refusals = 0;
        var isHeld = true;
        Told = message =>
        {
            if (message is { BodyCase: Body.Refusal, Refusal.Reason: (uint)SnapshotRefusalReason.Busy }) refusals++;
            // The first parts of the two that are served.
            return message.BodyCase == Body.Part && isHeld ? null : message;
        };
        var sender = StartSender();
        for (ulong id = 901; id <= 902; id++)
            sender.Tell(new EncodedSnapshotMessage(ReceivingStore, Pull(id, region: id).ToByteArray()));
        StartReceiver().Tell(Fetch());
        await Eventually.True(() => refusals > 0);
        Assert.Equal(2, Engine.OpenSnapshots);

        isHeld = false;
        var end = new SnapshotMessage { Id = 901, End = new SnapshotEnd() };
        sender.Tell(new EncodedSnapshotMessage(ReceivingStore, end.ToByteArray()));

        Assert.Equal(Everything, Content((await ExpectMsgAsync<SnapshotStaged>(WaitTimeout)).Snapshot));
    }

    [Fact]
    public async Task A_range_that_is_somebody_elses_is_not_taken()
    {
        ReceivingRegions.Tell(new RegionsStub.RefuseRanges("it is region 9's"));
        StartSender();

        StartReceiver().Tell(Fetch());

        Assert.Equal("it is region 9's", (await ExpectMsgAsync<SnapshotNotFetched>(WaitTimeout)).Reason);
        Assert.Empty(Staging.Regions);
    }

    [Fact]
    public async Task What_ends_before_what_is_needed_is_not_taken()
    {
        StartSender();

        StartReceiver().Tell(Fetch(atLeast: 101));

        Assert.Contains("before", (await ExpectMsgAsync<SnapshotNotFetched>(WaitTimeout)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_store_that_does_not_lead_there_is_none_and_it_says_why()
    {
        SendingRegions.Tell(new RegionsStub.RefuseViews(new RegionError.NotLeader(Region.Id, null)));
        StartSender();

        StartReceiver().Tell(Fetch());

        Assert.Contains("NotLeader", (await ExpectMsgAsync<SnapshotNotFetched>(WaitTimeout)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_leaves_is_held_to_its_rate()
    {
        Settings = Settings with { BytesPerSecond = 1, RetryInterval = TimeSpan.FromSeconds(10) };
        var told = CreateTestProbe();
        Told = message =>
        {
            told.Tell(message);
            return message;
        };
        StartSender();
        StartReceiver().Tell(Fetch());

        await told.ExpectMsgAsync<SnapshotMessage>(WaitTimeout);
        await told.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task What_is_no_message_is_dropped_and_others_are_still_served()
    {
        var sender = StartSender();
        var wrong = Pull(901);
        wrong.Pull.Ahead = 1000;
        foreach (var bytes in new[] { [1, 2, 3], new SnapshotMessage().ToByteArray(), wrong.ToByteArray() })
            sender.Tell(new EncodedSnapshotMessage(ReceivingStore, bytes));

        Assert.Equal(Everything, Content((await FetchedAsync(StartReceiver())).Snapshot));
    }

    [Fact]
    public async Task Who_asks_hears_how_far_it_is()
    {
        var parts = 0;
        Told = message => message.BodyCase == Body.Part && ++parts > 2 ? null : message;
        StartSender();
        var receiver = StartReceiver();
        receiver.Tell(Fetch());

        var progress = await Eventually.Async(async () =>
        {
            var under = await receiver.Ask<SnapshotsUnderWay>(DescribeSnapshots.Instance, WaitTimeout);
            return under.Snapshots.FirstOrDefault(each => each.Bytes == 8);
        });

        Assert.Equal((Region.Id, SendingStore, true, 20L),
            (progress!.Region, progress.Other, progress.IsIncoming, progress.TotalBytes));
    }

    private static ByteString Damaged(ByteString bytes)
    {
        var changed = bytes.ToByteArray();
        changed[changed.Length / 2] ^= 1;
        return ByteString.CopyFrom(changed);
    }

    private static SnapshotMessage Pull(ulong id, ulong region = 7) => new()
    {
        Id = id,
        Pull = new SnapshotPull { RegionId = region, At = new SnapshotCursor() },
    };

    private static IEnumerable<IActorRef> ChildrenOf(IActorRef actor) => ((ActorRefWithCell)actor).Children;
}
