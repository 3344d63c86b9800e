using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Testing.Processes;

public sealed class ServerProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_a_server_says_is_in_its_log_and_its_last_complaint_is_no_frame_of_a_stack_trace()
    {
        await using var server = Start(Shell("echo serving; echo 'out of luck' >&2; echo '   at Somewhere()' >&2; exit 7"));

        Assert.Equal(7, await server.Ended.WaitAsync(Timeouts.Long));
        Assert.Equal("out of luck", server.LastComplaint);
        Assert.Equal(
            ["   at Somewhere()", "out of luck", "serving"], (await File.ReadAllLinesAsync(_directory["log"])).Order());
    }

    [Fact]
    public async Task A_server_that_ends_with_its_standard_input_is_stopped_in_order()
    {
        await using var server = Start(Shell("cat; exit 3"));

        Assert.Equal(3, await server.StopAsync().WaitAsync(Timeouts.Long));
    }

    [Fact]
    public async Task A_server_that_runs_is_killed_when_it_is_disposed_also_while_it_stands_still()
    {
        var server = Start(Shell("exec sleep 600"));
        await server.SignalAsync("STOP");

        await server.DisposeAsync();

        Assert.Equal(ServerProcess.Killed, await server.Ended);
    }

    [Fact]
    public void A_server_that_cannot_be_started_leaves_its_log_closed()
    {
        Assert.ThrowsAny<Exception>(() => Start(new ProcessStartInfo(_directory["absent"])));

        using var _ = new FileStream(_directory["log"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public async Task A_guarded_program_ends_with_the_standard_input_that_it_does_not_read()
    {
        await using var server = Start(ParentGuard.Of("sleep", "600"));

        Assert.Equal(ServerProcess.Killed, await server.StopAsync().WaitAsync(Timeouts.Long));
    }

    [Fact]
    public async Task A_guarded_program_has_the_process_id_that_was_started_and_its_own_exit_code()
    {
        await using var server = Start(ParentGuard.Of("sh", "-c", "echo $$; exit 5"));

        Assert.Equal(5, await server.Ended.WaitAsync(Timeouts.Long));
        Assert.Equal($"{server.Id}", Assert.Single(await File.ReadAllLinesAsync(_directory["log"])));
    }

    [Fact]
    public async Task No_guard_is_left_when_its_program_is_killed()
    {
        await using var server = Start(ParentGuard.Of("sh", "-c", "echo guarded; exec sleep 600"));
        await Eventually.Async(() => Task.FromResult(GuardsOf(server.Id) is [_] ? "it is there" : null));
        var guard = GuardsOf(server.Id)[0];

        await server.KillAsync();

        await Eventually.Async(() => Task.FromResult(Directory.Exists($"/proc/{guard}") ? null : "it has gone"));
    }

    [Fact]
    public async Task A_member_that_runs_is_not_started_again_and_one_that_does_not_is_named()
    {
        await using var group = new Sleepers(_directory);
        group.StartMissing();

        Assert.Contains("sleeper 1 runs already", Assert.Throws<TinyKvException>(() => group.Start(1)).Message);
        Assert.Equal([ServerProcess.Killed], await group.KillAsync(1));
        Assert.Equal([2], group.Running);
        Assert.Contains("sleeper 1 does not run", Assert.Throws<TinyKvException>(() => group[1]).Message);
        group.StartMissing();
        await group.PauseAsync(2);
        Assert.Equal([1], group.Awake);
        await group.ContinueAsync(2);
        Assert.Equal([1, 2], group.Awake);
    }

    [Fact]
    public async Task Whoever_ends_by_itself_is_told_of_until_it_was_waited_for()
    {
        await using var group = new Sleepers(_directory, "echo enough >&2; exit 70");
        group.Start(1);
        Assert.Null(await new Sleepers(_directory).EndedByItselfAsync());
        await group[1].Ended.WaitAsync(Timeouts.Long);

        Assert.Equal("sleeper 1 ended by itself with 70: enough", await group.EndedByItselfAsync());
        var ended = await group.EndAsync(1, TimeSpan.FromSeconds(30));

        Assert.Equal((70, "enough"), (ended.Code, ended.LastComplaint));
        Assert.Null(await group.EndedByItselfAsync());
    }

    private ServerProcess Start(ProcessStartInfo start) => ServerProcess.Start(start, _directory["log"]);

    private static ProcessStartInfo Shell(string script) => new("/bin/sh", ["-c", script]);

    // The children of a process.
    private static List<string> GuardsOf(int process) => [.. Directory.GetDirectories("/proc").Select(Path.GetFileName)
        .OfType<string>().Where(id => char.IsAsciiDigit(id[0]) && ParentOf(id) == $"{process}")];

    private static string? ParentOf(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed class Sleepers(TemporaryDirectory directory, string script = "exec sleep 600") : ServerGroup
    {
        public override IReadOnlyList<string> Endpoints => ["one", "two"];

        protected override ProcessStartInfo Command(int member) => ParentGuard.Of("sh", "-c", script);

        protected override string LogOf(int member) => directory[$"{member}.log"];

        public override string Name(int member) => $"sleeper {member}";
    }
}
