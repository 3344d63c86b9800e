using Akka.Actor;
using Akka.Persistence;
using Akka.TestKit;
using TinyKv.Persistence;

namespace TinyKv.Tests.Persistence.Journal;

/// <summary>What every journal promises to the actors that rely on it.</summary>
public abstract class JournalSpec : IAsyncLifetime
{
    // After this an actor of a system that has ended gives up waiting.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Databases may be shared between runs; ids are not.
    private readonly string _id = $"spec-{Guid.NewGuid():N}";

    private JournalSystem? _journal;

    private protected JournalSystem Journal => _journal!;

    /// <summary>Prepares the journal on this test's storage; again, after the one before has been
    /// disposed.</summary>
    private protected abstract JournalSetup Create();

    public virtual Task InitializeAsync()
    {
        _journal = new JournalSystem(Create());
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync()
    {
        if (_journal is not null) await _journal.DisposeAsync();
    }

    [SkippableFact]
    public async Task Events_are_replayed_as_they_were_written()
    {
        await Journal.WriteAsync(_id, 1, "one");
        await Journal.WriteAsync(_id, 2, "two", 3, "vier");

        var replayed = await Journal.ReplayAsync(_id);

        Assert.Equal([1, 2, 3, 4], replayed.Numbers);
        Assert.Equal(["one", "two", 3, "vier"], replayed.Payloads);
        Assert.Equal(4, replayed.Highest);
    }

    [SkippableTheory]
    [InlineData(1, long.MaxValue, long.MaxValue, "1 2 3 4 5")]
    [InlineData(2, 4, long.MaxValue, "2 3 4")]
    [InlineData(3, 3, 1, "3")]
    [InlineData(2, long.MaxValue, 2, "2 3")]
    [InlineData(1, 5, 0, "")]
    [InlineData(1, 0, long.MaxValue, "")]
    [InlineData(4, 3, long.MaxValue, "")]
    [InlineData(6, long.MaxValue, long.MaxValue, "")]
    public async Task A_replay_gives_the_range_that_was_asked_for(
        long from, long to, long max, string expected)
    {
        await Journal.WriteAsync(_id, 1, 1, 2, 3, 4, 5);

        var replayed = await Journal.ReplayAsync(_id, from, to, max);

        Assert.Equal(expected, string.Join(' ', replayed.Numbers));
        // Beyond the highest number Akka's contract leaves open what is said about it.
        if (from <= 5) Assert.Equal(5, replayed.Highest);
    }

    // As a log does that is compacted again and again: what is deleted is most of what there is.
    [SkippableFact]
    public async Task The_space_of_what_was_deleted_is_used_again()
    {
        const int rounds = 36;
        var sizes = new List<long>();
        for (var round = 0; round < rounds; round++)
        {
            var events = Enumerable.Range(16 * round + 1, 16).Select(Incompressible);
            await Journal.WriteAsync(_id, 16 * round + 1, [.. events]);
            await Journal.DeleteAsync(_id, 16 * round + 15);
            sizes.Add(BytesOnDisk());
        }

        Assert.Equal(16 * rounds, Assert.Single((await Journal.ReplayAsync(_id)).Numbers));
        var written = 16L * rounds * LargeEventBytes;
        Assert.True(sizes.Max() <= written / 2, $"of {written} bytes after each round: {string.Join(' ', sizes)}");
    }

    private protected abstract long BytesOnDisk();

    /// <summary>The size of events of which a few hundred show how much is kept before its space is used again.</summary>
    private protected virtual int LargeEventBytes => 1 << 15;

    private byte[] Incompressible(int seed)
    {
        var bytes = new byte[LargeEventBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [SkippableFact]
    public async Task An_id_that_was_never_written_has_no_events_and_highest_number_0()
    {
        var replayed = await Journal.ReplayAsync(_id);

        Assert.Empty(replayed.Events);
        Assert.Equal(0, replayed.Highest);
    }

    [SkippableFact]
    public async Task Ids_that_begin_alike_do_not_mix()
    {
        string[] ids = [_id, _id + "0", _id + "1", _id[..^1], _id + "\u0001", _id + "é"];
        foreach (var id in ids) await Journal.WriteAsync(id, 1, id, id);
        await Journal.DeleteAsync(ids[0], long.MaxValue);

        Assert.Empty((await Journal.ReplayAsync(ids[0])).Events);
        foreach (var id in ids[1..])
            Assert.Equal([id, id], (await Journal.ReplayAsync(id)).Payloads);
    }

    [SkippableFact]
    public async Task A_write_with_an_event_that_cannot_be_serialized_is_rejected_whole_and_alone()
    {
        var actor = Journal.NewActor();
        Journal.Send(actor,
            JournalSystem.Events(_id, 1, "kept"),
            JournalSystem.Events(_id, 2, "rejected with the next", new Unserializable()),
            JournalSystem.Events(_id, 4, "kept, too"));

        await actor.ExpectMsgAsync<WriteMessagesSuccessful>();
        Assert.Equal(1, (await actor.ExpectMsgAsync<WriteMessageSuccess>()).Persistent.SequenceNr);
        Assert.Equal(2, (await actor.ExpectMsgAsync<WriteMessageRejected>()).Persistent.SequenceNr);
        Assert.Equal(3, (await actor.ExpectMsgAsync<WriteMessageRejected>()).Persistent.SequenceNr);
        Assert.Equal(4, (await actor.ExpectMsgAsync<WriteMessageSuccess>()).Persistent.SequenceNr);
        Assert.Equal(["kept", "kept, too"], (await Journal.ReplayAsync(_id)).Payloads);
    }

    [SkippableFact]
    public async Task A_batch_without_events_succeeds()
    {
        var actor = Journal.NewActor();

        Journal.Send(actor);
        await actor.ExpectMsgAsync<WriteMessagesSuccessful>();
        Journal.Send(actor, new Deferred(actor.Ref));
        await actor.ExpectMsgAsync<WriteMessagesSuccessful>();
        await actor.ExpectMsgAsync<LoopMessageSuccess>();
    }

    [SkippableFact]
    public async Task A_number_that_was_written_before_is_refused_and_nothing_of_the_write_is_kept()
    {
        await Journal.WriteAsync(_id, 1, "first", "second");
        var actor = Journal.NewActor();
        Journal.Send(actor, JournalSystem.Events(_id, 2, "usurper", "usurper"));

        await actor.ExpectMsgAsync<WriteMessagesFailed>();
        var replayed = await Journal.ReplayAsync(_id);
        Assert.Equal(["first", "second"], replayed.Payloads);
        Assert.Equal(2, replayed.Highest);
    }

    [SkippableFact]
    public async Task Deleted_events_are_gone_and_the_highest_number_stays()
    {
        await Journal.WriteAsync(_id, 1, 1, 2, 3, 4);
        await Journal.DeleteAsync(_id, 2);

        Assert.Equal([3, 4], (await Journal.ReplayAsync(_id)).Numbers);

        await Journal.DeleteAsync(_id, long.MaxValue);
        await RestartAsync();

        var replayed = await Journal.ReplayAsync(_id);
        Assert.Empty(replayed.Events);
        Assert.Equal(4, replayed.Highest);
        await Journal.WriteAsync(_id, 5, 5);
        Assert.Equal([5], (await Journal.ReplayAsync(_id)).Numbers);
    }

    [SkippableFact]
    public async Task Many_actors_write_at_once_and_each_finds_its_own_events()
    {
        const int Actors = 32, Writes = 10;
        await Task.WhenAll(Enumerable.Range(0, Actors).Select(async actor =>
        {
            for (var i = 0; i < Writes; i++)
                await Journal.WriteAsync($"{_id}-{actor}", 1 + (2 * i), $"{actor}.{i}", $"{actor}.{i}'");
        }));

        await RestartAsync();
        for (var actor = 0; actor < Actors; actor++)
        {
            var expected = Enumerable.Range(0, Writes)
                .SelectMany(i => new[] { $"{actor}.{i}", $"{actor}.{i}'" });
            Assert.Equal(expected, (await Journal.ReplayAsync($"{_id}-{actor}")).Payloads);
        }
    }

    [SkippableFact]
    public async Task A_replay_waits_for_the_writes_that_were_sent_before_it()
    {
        var actor = Journal.NewActor();
        for (var i = 1; i <= 20; i++)
        {
            // The write's acknowledgement goes to nobody: the actor was restarted and recovers.
            Journal.Send(Journal.NewActor(), JournalSystem.Events(_id, i, i));
            Journal.AskReplay(actor, _id, 1, long.MaxValue, long.MaxValue);
            var replayed = await JournalSystem.ReceiveReplayAsync(actor);
            Assert.Equal(i, replayed.Highest);
            Assert.Equal(i, replayed.Events.Count);
        }
    }

    [SkippableFact]
    public async Task Every_acknowledged_event_is_there_after_a_stop_in_the_middle_of_writing()
    {
        const int Writers = 8;
        var acknowledged = new int[Writers];
        var isStopped = false;
        var writers = Enumerable.Range(0, Writers).Select(async writer =>
        {
            var actor = Journal.NewActor();
            for (var i = 1; ; i++)
            {
                Journal.Send(actor, JournalSystem.Events($"{_id}-{writer}", i, i));
                if (await ReplyAsync(actor) is not WriteMessagesSuccessful) return;
                if (await ReplyAsync(actor) is not WriteMessageSuccess) return;
                Volatile.Write(ref acknowledged[writer], i);
            }
        }).ToArray();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (acknowledged.Sum() < 100) await Task.Delay(1, timeout.Token);
        await RestartAsync();
        Volatile.Write(ref isStopped, true);
        await Task.WhenAll(writers);

        for (var writer = 0; writer < Writers; writer++)
        {
            var replayed = await Journal.ReplayAsync($"{_id}-{writer}");
            Assert.InRange(replayed.Highest, acknowledged[writer], acknowledged[writer] + 1);
            Assert.Equal(
                Enumerable.Range(1, (int)replayed.Highest).Select(i => (object)i), replayed.Payloads);
        }

        // A slow disk is no reason to stop writing; no reply after the system has ended is.
        async Task<object?> ReplyAsync(TestProbe actor)
        {
            while (true)
            {
                var stopped = Volatile.Read(ref isStopped);
                if (await actor.ReceiveOneAsync(Pause) is { } reply) return reply;
                if (stopped) return null;
            }
        }
    }

    [SkippableFact]
    public async Task A_large_event_fits()
    {
        var large = new string('x', 9 * 1024 * 1024);
        await Journal.WriteAsync(_id, 1, large);

        Assert.Equal(large, Assert.Single((await Journal.ReplayAsync(_id)).Payloads));
    }

    [SkippableFact]
    public async Task A_persistent_actor_recovers_its_state_after_a_restart()
    {
        var counter = Journal.System.ActorOf(Props.Create(() => new Counter(_id)));
        for (var i = 1; i <= 10; i++)
            Assert.Equal(i, await counter.Ask<int>("add", TimeSpan.FromSeconds(20)));
        await RestartAsync();

        var again = Journal.System.ActorOf(Props.Create(() => new Counter(_id)));
        Assert.Equal(11, await again.Ask<int>("add", TimeSpan.FromSeconds(20)));
    }

    private protected async Task RestartAsync()
    {
        await Journal.DisposeAsync();
        _journal = new JournalSystem(Create());
    }

    private sealed class Unserializable
    {
        public string Value => throw new NotSupportedException();
    }

    private sealed class Deferred(IActorRef sender) : IPersistentEnvelope
    {
        public object Payload => "deferred";

        public IActorRef Sender => sender;

        public int Size => 1;
    }

    private sealed class Counter(string id) : UntypedPersistentActor
    {
        private int _count;

        public override string PersistenceId => id;

        protected override void OnRecover(object message)
        {
            if (message is string) _count++;
        }

        protected override void OnCommand(object message)
        {
            var sender = Sender;
            PersistAsync("added", _ => sender.Tell(++_count));
        }
    }
}
