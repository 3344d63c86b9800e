using Akka.Actor;
using Akka.Remote;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Actors.Transport;

namespace TinyKv.Tests.Actors.Node;

/// <summary>When a store ends for what it is told about itself.</summary>
public sealed class FailureWatchTests : TestKit
{
    private static readonly Address Self = Address.Parse("akka.tcp://tinykv@127.0.0.1:1");
    private static readonly Address Other = Address.Parse("akka.tcp://tinykv@127.0.0.1:2");
    private static readonly Address Client = Address.Parse("akka.tcp://program@127.0.0.1:3");

    private bool _isReady;
    private string? _reason;

    [Fact]
    public async Task A_store_that_serves_does_not_end_because_another_does_not_listen_to_it()
    {
        _isReady = true;
        await TellAsync(new ThisActorSystemQuarantinedEvent(Self, Other), Unheard(TimeSpan.Zero));
        Assert.Null(_reason);
    }

    [Fact]
    public async Task A_store_does_not_end_for_what_it_is_told_alone()
    {
        await TellAsync(new ThisActorSystemQuarantinedEvent(Self, Other), new QuarantinedEvent(Other, 1));
        Assert.Null(_reason);
    }

    [Fact]
    public async Task A_store_does_not_end_for_a_store_that_it_has_heard_since()
    {
        await TellAsync(
            new ThisActorSystemQuarantinedEvent(Self, Other), Unheard(Sys.Scheduler.MonotonicClock + TimeSpan.FromHours(1)));
        Assert.Null(_reason);
        await TellAsync(Unheard(TimeSpan.Zero));
        Assert.Null(_reason);
    }

    [Fact]
    public async Task A_store_does_not_end_for_a_silent_store_or_a_client()
    {
        await TellAsync(new ThisActorSystemQuarantinedEvent(Self, Client), Unheard(TimeSpan.Zero));
        Assert.Null(_reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_does_not_serve_ends_when_another_does_not_listen_and_is_not_heard(bool byTheOther)
    {
        var watch = Watch();
        watch.Tell(byTheOther ? new ThisActorSystemQuarantinedEvent(Self, Other) : new QuarantinedEvent(Other, 1));
        watch.Tell(Unheard(TimeSpan.Zero));
        await Sys.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("does not listen to this incarnation", _reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_ends_for_its_own_failure()
    {
        Watch().Tell(new StoreFailed("the engine"));
        await Sys.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("the engine", _reason);
    }

    [Fact]
    public async Task A_store_ends_although_nobody_can_be_told_why()
    {
        var watch = Sys.ActorOf(FailureWatch.Props(
            _ => false, () => true, _ => throw new TaskSchedulerException(new OutOfMemoryException())));
        watch.Tell(new StoreFailed("the engine"));
        await Sys.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static StoreUnheard Unheard(TimeSpan lastHeard) => new(Other, lastHeard);

    private IActorRef Watch() => Sys.ActorOf(
        FailureWatch.Props(address => address == Other, () => _isReady, failed => _reason = failed.Reason), "watch");

    // The watch is the same for all that a test tells.
    private async Task TellAsync(params object[] messages)
    {
        _watch ??= Watch();
        foreach (var message in messages) _watch.Tell(message);
        await _watch.Ask<ActorIdentity>(new Identify(1), Timeouts.Long);
    }

    private IActorRef? _watch;
}
