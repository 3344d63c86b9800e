using System.Diagnostics;
using TinyKv.Host.Cli;

namespace TinyKv.Tests.Host.Cli;

public sealed class WaitingNoticeTests
{
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly WaitingNotice _notice;
    private readonly long _start = Stopwatch.GetTimestamp();

    public WaitingNoticeTests() => _notice = new WaitingNotice(_error.WriteLine);

    [Fact]
    public void A_pause_that_nobody_notices_is_not_said()
    {
        Tell(0, "no leader");
        Tell(900, "no leader");
        Tell(20_000, "no leader");

        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void A_long_wait_is_said_once_and_again_when_its_reason_changes()
    {
        for (var at = 0; at < 3_000; at += 100) Tell(at, "starting");
        for (var at = 3_000; at < 6_000; at += 100) Tell(at, "no leader");

        Assert.Equal("tinykv: waiting: starting\ntinykv: waiting: no leader\n", _error.ToString());
    }

    [Fact]
    public void Reasons_that_change_fast_are_said_once_a_second()
    {
        for (var at = 0; at < 3_050; at += 50) Tell(at, $"{at}");

        Assert.Equal("tinykv: waiting: 1000\ntinykv: waiting: 2000\ntinykv: waiting: 3000\n", _error.ToString());
    }

    private void Tell(int milliseconds, string reason) =>
        _notice.Tell(reason, _start + (milliseconds * Stopwatch.Frequency / 1000));
}
