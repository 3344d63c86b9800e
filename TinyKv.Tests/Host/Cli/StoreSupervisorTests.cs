using System.Collections.Concurrent;
using System.Diagnostics;
using TinyKv.Host.Cli.Playground;
using TinyKv.Testing;

namespace TinyKv.Tests.Host.Cli;

/// <summary>Keeps shell scripts alive in the place of stores.</summary>
public sealed class StoreSupervisorTests : IDisposable
{
    private static readonly RestartPolicy Quick =
        new(TimeSpan.FromMilliseconds(10), 3, TimeSpan.FromMinutes(5));

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<string> _said = new();

    private string Log => _directory["log.txt"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_store_that_keeps_dying_is_given_up_and_its_last_words_are_told()
    {
        Assert.False(await Supervise("echo starting; echo no disk >&2; exit 70").RunAsync(default));

        Assert.Equal(2, _said.Count(message => message.Contains("exit code 70: no disk; starting it again")));
        Assert.Contains("store 1 ended 3 times", _said.Last());
        Assert.Contains("no disk", _said.Last());
        Assert.Equal(3, File.ReadAllLines(Log).Count(line => line == "starting"));
    }

    [Fact]
    public async Task A_refused_configuration_is_not_tried_again()
    {
        Assert.False(await Supervise("echo bad key >&2; exit 2").RunAsync(default));

        Assert.Equal(["store 1 refused its configuration: bad key"], _said);
    }

    [Fact]
    public async Task A_store_that_was_removed_from_its_cluster_is_not_tried_again_and_no_failure()
    {
        var supervisor = Supervise("echo 'tinykv: store 1 was removed from the cluster: start with' >&2; exit 2");

        Assert.False(await supervisor.RunAsync(default));

        Assert.True(supervisor.WasRemoved);
        Assert.Equal(["store 1 was removed from the cluster"], _said);
    }

    [Fact]
    public async Task A_store_killed_from_outside_runs_again_until_all_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        var supervisor = Supervise("read line; exit 0");
        var run = supervisor.RunAsync(stop.Token);
        var first = await RunningProcess(supervisor, except: 0);

        using (var process = Process.GetProcessById(first)) process.Kill();
        var second = await RunningProcess(supervisor, except: first);
        await stop.CancelAsync();

        Assert.True(await run);
        Assert.Contains($"store 1 runs again as process {second}", _said);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(second));
    }

    [Fact]
    public async Task A_store_that_cannot_be_started_counts_as_dead()
    {
        var supervisor = new StoreSupervisor(
            1, () => new ProcessStartInfo(_directory["absent"]), Log, Quick, _said.Enqueue);

        Assert.False(await supervisor.RunAsync(default));

        Assert.Contains("store 1 ended 3 times", _said.Last());
        Assert.Contains("absent", _said.Last());
    }

    [Fact]
    public async Task A_store_outlives_a_full_disk_under_its_log()
    {
        // More than a pipe holds.
        await using var store = StoreProcess.Start(
            Shell("head -c 300000 /dev/zero; echo a word >&2; exit 7"), "/dev/full");

        Assert.Equal(7, await store.WaitAsync(default).WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal("a word", store.Complaint);
    }

    private StoreSupervisor Supervise(string script) => new(1, () => Shell(script), Log, Quick, _said.Enqueue);

    private static ProcessStartInfo Shell(string script)
    {
        var start = new ProcessStartInfo("/bin/sh");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        return start;
    }

    private static async Task<int> RunningProcess(StoreSupervisor supervisor, int except)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            // Read once: between two reads the process may end.
            var process = supervisor.ProcessId;
            if (process != 0 && process != except) return process;
            await Task.Delay(5, timeout.Token);
        }
    }
}
