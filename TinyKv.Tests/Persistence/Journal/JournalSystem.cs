using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Persistence;

namespace TinyKv.Tests.Persistence.Journal;

/// <summary>An actor system with a journal, and the messages that a persistent actor exchanges with
/// it.</summary>
internal sealed class JournalSystem : IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly JournalSetup _setup;
    private readonly TestKit _kit;
    private readonly IActorRef _journal;

    public JournalSystem(JournalSetup setup, string more = "")
    {
        _setup = setup;
        var config = ConfigurationFactory.ParseString(more)
            .WithFallback(setup.Config)
            .WithFallback(PersistenceConfig.Reference)
            .WithFallback(ConfigurationFactory.ParseString("""
                akka.loglevel = OFF
                akka.test.single-expect-default = 20s
                """))
            .WithFallback(TestKitBase.DefaultConfig);
        var setups = setup.Setups.Append(BootstrapSetup.Create().WithConfig(config)).ToArray();
        System = ActorSystem.Create("journal-spec", ActorSystemSetup.Create(setups));
        _kit = new TestKit(System);
        Failures = _kit.CreateTestProbe();
        System.EventStream.Subscribe(Failures.Ref, typeof(JournalFailed));
        _journal = Akka.Persistence.Persistence.Instance.Apply(System).JournalFor(null);
    }

    public ActorSystem System { get; }

    /// <summary>Gets what is published as <see cref="JournalFailed"/>.</summary>
    public TestProbe Failures { get; }

    public static AtomicWrite Events(string id, long first, params object[] payloads) => new(
        [.. payloads.Select((payload, i) =>
            new Persistent(payload, first + i, id, "", false, ActorRefs.NoSender))]);

    public TestProbe NewActor() => _kit.CreateTestProbe();

    /// <summary>Sends writes as an actor does; the replies come to it.</summary>
    public void Send(TestProbe actor, params IPersistentEnvelope[] writes) =>
        _journal.Tell(new WriteMessages(writes, actor.Ref, 1), actor.Ref);

    /// <summary>Writes events, and waits for the acknowledgement.</summary>
    public async Task WriteAsync(string id, long first, params object[] payloads)
    {
        var actor = NewActor();
        Send(actor, Events(id, first, payloads));
        await actor.ExpectMsgAsync<WriteMessagesSuccessful>(WaitTimeout);
        for (var i = 0; i < payloads.Length; i++)
        {
            var success = await actor.ExpectMsgAsync<WriteMessageSuccess>(WaitTimeout);
            Assert.Equal(first + i, success.Persistent.SequenceNr);
        }
    }

    /// <summary>Deletes events, and waits for the acknowledgement.</summary>
    public async Task DeleteAsync(string id, long to)
    {
        var actor = NewActor();
        _journal.Tell(new DeleteMessagesTo(id, to, actor.Ref), actor.Ref);
        await actor.ExpectMsgAsync<DeleteMessagesSuccess>(WaitTimeout);
    }

    /// <summary>Asks for events; the replies come to the actor.</summary>
    public void AskReplay(TestProbe actor, string id, long from, long to, long max) =>
        _journal.Tell(new ReplayMessages(from, to, max, id, actor.Ref), actor.Ref);

    /// <summary>Reads events, and the highest sequence number.</summary>
    public async Task<Replayed> ReplayAsync(
        string id, long from = 1, long to = long.MaxValue, long max = long.MaxValue)
    {
        var actor = NewActor();
        AskReplay(actor, id, from, to, max);
        return await ReceiveReplayAsync(actor);
    }

    /// <summary>Collects the replies to <see cref="AskReplay"/>.</summary>
    public static async Task<Replayed> ReceiveReplayAsync(TestProbe actor)
    {
        var events = new List<(long, object)>();
        while (true)
        {
            switch (await actor.ReceiveOneAsync(WaitTimeout))
            {
                case ReplayedMessage message:
                    events.Add((message.Persistent.SequenceNr, message.Persistent.Payload));
                    break;
                case RecoverySuccess success:
                    return new Replayed(events, success.HighestSequenceNr);
                case ReplayMessagesFailure failure:
                    throw new InvalidOperationException("the replay failed", failure.Cause);
                case null:
                    throw new TimeoutException("no reply to the replay");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        _setup.Dispose();
    }
}

/// <summary>What a replay gave.</summary>
internal sealed record Replayed(IReadOnlyList<(long Number, object Payload)> Events, long Highest)
{
    public IEnumerable<long> Numbers => Events.Select(replayed => replayed.Number);

    public IEnumerable<object> Payloads => Events.Select(replayed => replayed.Payload);
}
