using TinyKv.Host.Cli.Playground;
using TinyKv.Server.Exit;
using TinyKv.Testing;
using TinyKv.Tests.Clusters;

namespace TinyKv.Tests.Host.Cli;

public sealed class PlaygroundRefusalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly int _basePort = Playgrounds.FreeBasePort();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_playground_with_a_wrong_setting_leaves_nothing_but_its_lock()
    {
        var run = await RunAsync("--set", "tinykv.raft.tick-interval=soon");

        Assert.Equal((ExitCode.Usage, "tinykv: --set: tinykv.raft.tick-interval is 'soon', must be a time such as 100ms\n"),
            (run.ExitCode, run.Error));
        Assert.Equal([_directory["playground.lock"]], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_wrong_connection_string_does_not_replace_the_right_one()
    {
        var state = new PlaygroundState(1, "test", 2, "postgresql", _basePort);
        state.Save(_directory.Path);
        var stores = Enumerable.Range(1, state.Stores).Select(store =>
        {
            var directory = Directory.CreateDirectory(_directory[$"store-{store}"]).FullName;
            StoreConfigFile.Write(state, store, directory, "Host=right");
            return directory;
        }).ToList();

        var run = await RunAsync("--postgresql", "Secret=nonsense");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("tinykv: --postgresql or TINYKV_POSTGRESQL: tinykv.postgresql.connection-string "
            + "is no PostgreSQL connection string, or names no host; it is written as "
            + "\"Host=...;Port=...;Database=...;Username=...;Password=...\"\n", run.Error);
        Assert.All(stores, directory =>
            Assert.Equal("Host=right", File.ReadAllText(Path.Combine(directory, "postgresql.connection-string"))));
    }

    [Fact]
    public async Task An_empty_connection_string_is_none()
    {
        var run = await RunAsync("--journal", "postgresql", "--postgresql", "");

        Assert.Equal((ExitCode.Failure, "tinykv: the journal postgresql needs a connection string: "
            + "give it in TINYKV_POSTGRESQL or with --postgresql\n"), (run.ExitCode, run.Error));
        Assert.Equal([_directory["playground.lock"]], Directory.GetFileSystemEntries(_directory.Path));
    }

    private Task<CliRun> RunAsync(params string[] more) => CliRun.Of(
        new FakeCluster(), ["playground", "--data", _directory.Path, "--base-port", $"{_basePort}", .. more]);
}
