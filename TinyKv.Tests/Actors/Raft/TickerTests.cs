using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Raft;

namespace TinyKv.Tests.Actors.Raft;

public sealed class TickerTests : TestKit
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IActorRef _ticker;

    // Time passes when the test says so, and what is sent has arrived when the call returns.
    public TickerTests() : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"") =>
        _ticker = ActorOfAsTestActorRef<Ticker>(Ticker.Props(Interval));

    [Fact]
    public void A_tick_goes_to_all_who_wait()
    {
        var (one, other) = (Waiting(), Waiting());
        Pass(Interval / 2);
        Assert.False(one.HasMessages || other.HasMessages);

        Pass(Interval / 2);

        one.ExpectMsg<RaftPeer.Tick>();
        other.ExpectMsg<RaftPeer.Tick>();
    }

    [Fact]
    public void Ticks_do_not_pile_up_for_one_who_has_not_asked_again()
    {
        var (slow, quick) = (Waiting(), Waiting());
        for (var i = 0; i < 5; i++)
        {
            Pass(Interval);
            quick.ExpectMsg<RaftPeer.Tick>();
            Wait(quick);
        }
        slow.ExpectMsg<RaftPeer.Tick>();
        Assert.False(slow.HasMessages);

        Wait(slow);
        Pass(Interval);

        slow.ExpectMsg<RaftPeer.Tick>();
    }

    [Fact]
    public void The_timer_rests_while_nobody_waits()
    {
        var peer = Waiting();
        Pass(Interval);
        peer.ExpectMsg<RaftPeer.Tick>();
        for (var i = 0; i < 2; i++) Pass(Interval);
        Pass(Interval / 2);

        Wait(peer);

        // A timer that went on would be due after a half.
        Pass(Interval * 0.75);
        Assert.False(peer.HasMessages);
        Pass(Interval / 2);
        peer.ExpectMsg<RaftPeer.Tick>();
    }

    private TestProbe Waiting()
    {
        var peer = CreateTestProbe();
        Wait(peer);
        return peer;
    }

    private void Wait(TestProbe peer) => peer.Send(_ticker, Ticker.AwaitTick.Instance);

    private void Pass(TimeSpan time) => ((TestScheduler)Sys.Scheduler).Advance(time);
}
