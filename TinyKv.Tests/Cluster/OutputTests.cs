using System.Diagnostics;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Playground;
using TinyKv.Server.Exit;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Clusters;

/// <summary>A server whose output cannot be written starts, serves and stops as any other.</summary>
[Trait("lane", "slow")]
public sealed class OutputTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly StoreLayout _layout = new("output", StoreAddress.Free(1));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("a full disk", "> /dev/full 2> /dev/full")]
    [InlineData("closed streams", "<&- >&- 2>&-")]
    [InlineData("closed standard output", ">&-")]
    [InlineData("a reader that has gone", "> gone 2>&1")]
    [InlineData("a reader that stands still", "> stuck 2>&1")]
    public async Task A_log_that_cannot_be_written_decides_nothing(string what, string redirection)
    {
        using var server = Start($"""
            exec 3<&0
            (cat <&3 > cat.log; kill -s KILL 0) &
            mkfifo gone stuck
            sleep 600 < stuck > sleep.log 2>&1 &
            until dd if=/dev/zero of=stuck oflag=nonblock bs=4096 count=1000 2> dd.log || grep -q copied dd.log
            do sleep 0.01; done
            head -c 1 < gone > head.log 2>&1 &
            exec "$@" 3<&- < /dev/null {redirection}
            """);
        try
        {
            await Eventually.Gets($"the server serves with {what}",
                async () => server.HasExited || await RunAsync("raw", "put", "a", "b") == ExitCode.Success ? what : null);
            Assert.False(server.HasExited);

            await Command.SignalAsync("TERM", server.Id);
            await server.WaitForExitAsync().WaitAsync(Bound);

            Assert.Equal(ExitCode.Success, server.ExitCode);
            // What a graceful stop does last.
            Assert.False(File.Exists(Path.Combine(_directory.Path, "data", "process-id")));
        }
        finally
        {
            // As when this process is killed.
            server.StandardInput.Close();
        }
    }

    [Fact]
    public async Task A_process_that_hangs_while_it_exits_is_ended_with_its_code() =>
        Assert.Equal((ExitCode.Fatal, ""), await RunTestsAsync("hang"));

    [Fact]
    public async Task A_process_in_which_nobody_catches_an_exception_ends_with_70_and_the_cause_as_its_last_words()
    {
        var (code, error) = await RunTestsAsync("throw");

        Assert.Equal(ExitCode.Fatal, code);
        Assert.StartsWith(
            "tinykv: the store has ended itself: out of memory: ", error.TrimEnd('\n').Split('\n')[^1],
            StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> RunTestsAsync(string verb)
    {
        var (code, _, error) = await Command.TryAsync(Shell.Tests(verb)).WaitAsync(Bound);
        return (code, error);
    }

    private Process Start(string script)
    {
        var configuration = _directory["tinykv.conf"];
        File.WriteAllText(configuration, _layout.Config(1, _directory["data"]));
        var program = StoreProcess.ThisProgram("server", "--config", configuration);
        // A group of its own, which the script kills when its standard input ends.
        string[] words = ["/bin/sh", "-c", script, "sh", program.FileName, .. program.ArgumentList];
        return Process.Start(new ProcessStartInfo("setsid", words)
        {
            UseShellExecute = false,
            WorkingDirectory = _directory.Path,
            RedirectStandardInput = true,
        })!;
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        await using var error = new StringWriter();
        var host = new CliHost { Input = Stream.Null, Output = Stream.Null, Text = error, Error = error };
        return await CommandLine.RunAsync([.. arguments, "--endpoint", _layout.Addresses[0].Endpoint], host);
    }
}
