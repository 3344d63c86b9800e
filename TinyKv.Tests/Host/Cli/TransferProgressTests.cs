using System.Text.RegularExpressions;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Raw;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Host.Cli;

public sealed class TransferProgressTests
{
    [Fact]
    public async Task A_message_does_not_begin_in_the_middle_of_the_bar()
    {
        using var screen = new Screen();
        var host = new CliHost
        {
            Input = Stream.Null,
            Output = Stream.Null,
            Text = TextWriter.Null,
            Error = screen,
            ErrorIsTerminal = true,
            Width = 80,
            Variable = _ => null,
        };

        await TransferProgress.RunAsync(host, "imported", totalBytes: 10, async _ =>
        {
            await screen.ShowsABar.Task.WaitAsync(Timeouts.Long);
            host.Say("waiting");
            return 1;
        });
        host.Say("done");

        // What moves or clears comes before it: to column 1, up, to the end of what is there.
        Assert.Matches(new Regex(@"(\r|\n|\e\[[0-9;]*[A-LN-Z])waiting\r?\n"), screen.Text);
        Assert.EndsWith("per second)\ndone\n", screen.Text, StringComparison.Ordinal);
    }

    /// <summary>Keeps what was written, and knows when a bar was.</summary>
    private sealed class Screen : StringWriter
    {
        private readonly Lock _lock = new();

        public Screen() => NewLine = "\n";

        public TaskCompletionSource ShowsABar { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Text
        {
            get
            {
                lock (_lock) return ToString();
            }
        }

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            lock (_lock) base.Write(value);
            if (value?.Contains("0%", StringComparison.Ordinal) == true) ShowsABar.TrySetResult();
        }

        public override void WriteLine(string? value) => Write(value + NewLine);
    }
}
