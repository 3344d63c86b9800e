using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Server.Logging;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace TinyKv.Tests.Server.Logging;

/// <summary>What a person reads of the actor system's messages.</summary>
public sealed class AkkaEntriesTests
{
    private static readonly Type Connection = typeof(RemoteActorRefProvider);

    private readonly Clock _clock = new();
    private readonly AkkaEntries _entries;

    public AkkaEntriesTests() => _entries = new AkkaEntries(_clock);

    [Fact]
    public void A_lost_connection_is_one_short_line_without_a_stack_trace()
    {
        const string text = "Association with akka.tcp://tinykv@h:1 has failed. "
            + "Reason is: [X: Disassociated\n   at A.B()\n   at C.D()]";

        var entry = _entries.Of(new Warning("[akka://tinykv/system/e#1]", Connection, text))!.Value;

        Assert.Equal("Association with akka.tcp://tinykv@h:1 has failed. Reason is: [X: Disassociated]", entry.Message);
        Assert.Null(entry.Cause);
    }

    [Fact]
    public void What_a_stranger_sends_is_a_warning_that_names_the_reason()
    {
        var entry = _entries.Of(new Error(
            new RemoteTransportException("too long", null), "remoting", Connection, "Error caught channel [a->b]"))!.Value;

        Assert.Equal(MsLogLevel.Warning, entry.Level);
        Assert.Equal("Error caught channel [a->b]: RemoteTransportException: too long", entry.Message);
        Assert.Null(entry.Cause);
    }

    [Fact]
    public void What_the_supervisor_of_a_connection_repeats_is_left_out_and_other_failures_keep_their_trace()
    {
        var lost = new RemoteTransportException("Disassociated", null);
        var ours = new InvalidOperationException("ours");

        Assert.Null(_entries.Of(new Error(lost, "[akka://tinykv/system/e]", typeof(OneForOneStrategy), "Disassociated")));
        var entry = _entries.Of(new Error(ours, "[akka://tinykv/user/store#7]", typeof(OneForOneStrategy), "failed"));
        Assert.Equal(new AkkaEntry(MsLogLevel.Error, "store", "failed", ours), entry);
    }

    [Fact]
    public void A_flood_about_connections_is_cut_and_counted()
    {
        for (var i = 0; i < AkkaEntries.MaxInAMinute; i++) Assert.NotNull(Lost());
        Assert.Null(Lost());
        Assert.Null(Lost());

        _clock.MonotonicClock += TimeSpan.FromMinutes(1);

        Assert.Equal("lost (2 more from here were not logged)", Lost()!.Value.Message);
        Assert.Equal("lost", Lost()!.Value.Message);
    }

    [Theory]
    [InlineData("Cluster (akka://tinykv)", "Cluster")]
    [InlineData("EventStream", "EventStream")]
    public void A_source_that_is_no_class_has_its_own_name(string source, string expected) =>
        Assert.Equal(expected, _entries.Of(new Info(source, typeof(DummyClassForStringSources), "x"))!.Value.Source);

    private AkkaEntry? Lost() => _entries.Of(new Warning("remoting", Connection, "lost"));

    private sealed class Clock : ITimeProvider
    {
        public DateTimeOffset Now => default;

        public TimeSpan MonotonicClock { get; set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
