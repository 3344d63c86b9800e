using Microsoft.Extensions.Logging;
using TinyKv.Host.Server;

namespace TinyKv.Tests.Host.Server;

public sealed class ConsoleLogTests
{
    private static readonly DateTime Time = new(2030, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    [Fact]
    public void A_message_is_one_line_whatever_is_in_it() => Assert.Equal(
        "2030-01-02T03:04:05.006Z INFO  store: a | b\n",
        ConsoleLog.Format(Time, LogLevel.Information, "store", "a\nb", null));

    [Fact]
    public void The_lines_of_a_stack_trace_are_indented()
    {
        var cause = new InvalidOperationException("x\ny");
        var text = ConsoleLog.Format(Time, LogLevel.Error, "store", "failed", cause);
        Assert.All(text.TrimEnd('\n').Split('\n').Skip(1),
            line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LogLevel.Information, LogLevel.Warning)]
    [InlineData(LogLevel.Error, LogLevel.Error)]
    [InlineData(LogLevel.Debug, LogLevel.Debug)]
    public void Frameworks_are_quiet_unless_everything_is_asked_for(LogLevel level, LogLevel expected) =>
        Assert.Equal(expected, new LogSettings(level).FrameworkLevel);
}
