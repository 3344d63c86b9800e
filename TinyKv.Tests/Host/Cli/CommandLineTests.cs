using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Server;
using TinyKv.Tests.Host.Server;

namespace TinyKv.Tests.Host.Cli;

public sealed class CommandLineTests
{
    private static readonly FakeCluster NoCluster =
        new() { ConnectError = new InvalidOperationException("a usage error must be found before connecting") };

    [Theory]
    [InlineData("Required command", "raw")]
    [InlineData("'frob'", "frob")]
    [InlineData("'VALUE'", "raw", "put", "k")]
    [InlineData("KEY is empty", "raw", "get", "")]
    [InlineData("expected HOST:PORT", "raw", "get", "k", "--endpoint", "foo")]
    [InlineData("expected HOST:PORT", "raw", "get", "k", "--endpoint", "http://localhost:20160")]
    [InlineData("expected HOST:PORT", "raw", "get", "k", "--endpoint", "localhost:0")]
    [InlineData("expected HOST:PORT", "raw", "get", "k", "--endpoint", "localhost:70000")]
    [InlineData("expected HOST:PORT", "status", "--endpoint", ":20160")]
    [InlineData("--endpoint", "status", "--endpoint")]
    [InlineData("expected default, lock or write", "raw", "get", "k", "--cf", "meta")]
    [InlineData("expected table, tsv or json", "status", "--format", "xml")]
    [InlineData("not hexadecimal", "raw", "get", "abc", "--hex")]
    [InlineData("not hexadecimal", "raw", "put", "ab", "zz", "--hex")]
    [InlineData("expected 1 to 10240", "raw", "scan", "--limit", "0")]
    [InlineData("expected 1 to 10240", "raw", "scan", "--limit", "-1")]
    [InlineData("expected 1 to 10240", "raw", "scan", "--limit", "10241")]
    [InlineData("expected 1 to 10240", "raw", "scan", "--limit", "many")]
    [InlineData("--end must be greater", "raw", "scan", "--start", "b", "--end", "a")]
    [InlineData("--start is empty", "raw", "scan", "--start", "")]
    [InlineData(".tsv or .jsonl", "raw", "import", "pairs.csv")]
    [InlineData("expected tsv or json", "raw", "import", "pairs.tsv", "--format", "table")]
    [InlineData("expected 1 to 20", "playground", "--stores", "0")]
    [InlineData("expected 1024 to 65000", "playground", "--base-port", "80")]
    [InlineData("expected rocksdb, sqlite, postgresql", "playground", "--journal", "paper")]
    public async Task A_wrong_command_line_is_a_usage_error_that_says_what_is_expected(
        string expected, params string[] arguments)
    {
        var run = await CliRun.Of(NoCluster, arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.Empty(run.Text);
    }

    [Fact]
    public async Task Keys_and_values_beyond_the_limits_are_usage_errors()
    {
        var longKey = await CliRun.Of(NoCluster, "raw", "get", new string('k', Limits.MaxKeyBytes + 1));
        var longValue = await CliRun.Of(NoCluster, "raw", "put", "k", new string('v', Limits.MaxValueBytes + 1));

        Assert.Equal((2, 2), (longKey.ExitCode, longValue.ExitCode));
        Assert.Contains("at most 4096", longKey.Error);
        Assert.Contains("at most 6291456", longValue.Error);
    }

    [Fact]
    public async Task What_the_cluster_refuses_is_a_failure_without_a_stack_trace()
    {
        var cluster = new FakeCluster { ConnectError = new TinyKvUnavailableException("no store answered") };

        var run = await CliRun.Of(cluster, "raw", "get", "k");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("tinykv: no store answered (nothing was done)", run.Error.TrimEnd());
    }

    [Fact]
    public async Task An_undetermined_write_is_a_failure_that_says_so()
    {
        var cluster = new FakeCluster
        {
            BeforePut = (_, _, _) => throw new TinyKvUndeterminedException("the connection was lost"),
        };

        var run = await CliRun.Of(cluster, "raw", "put", "k", "v");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("may have been done", run.Error);
    }

    [Fact]
    public async Task Verbose_adds_the_stack_trace()
    {
        var cluster = new FakeCluster { ConnectError = new TinyKvUnavailableException("no store answered") };

        var run = await CliRun.Of(cluster, "raw", "get", "k", "--verbose");

        Assert.Contains(nameof(TinyKvUnavailableException), run.Error);
    }

    [Fact]
    public async Task Endpoints_may_be_repeated_and_have_a_default()
    {
        var cluster = new FakeCluster();

        await CliRun.Of(cluster, "raw", "delete", "k");
        Assert.Equal(["127.0.0.1:20160"], cluster.Options!.Endpoints);

        await CliRun.Of(cluster, "-e", "store1:1", "raw", "delete", "k", "--endpoint", "[::1]:2");
        Assert.Equal(["store1:1", "[::1]:2"], cluster.Options!.Endpoints);
    }

    [Theory]
    [InlineData("tinykv.raft.tick-interval", "tinykv: --set tinykv.raft.tick-interval: write --set KEY=VALUE")]
    [InlineData("=5", "tinykv: --set =5: write --set KEY=VALUE")]
    [InlineData("tinykv.raft.tick=5", "tinykv: --set: tinykv.raft.tick is not a setting")]
    [InlineData("tinykv.server.max-connections=none",
        "tinykv: --set: tinykv.server.max-connections is 'none'; it must be a number")]
    public async Task A_setting_on_the_command_line_that_is_wrong_is_refused_with_2(string setting, string expected)
    {
        var file = Path.Combine(ConfigurationDocsTests.RepositoryRoot(), "hocon", "one-store.conf");

        var run = await CliRun.Of(NoCluster, "server", "--config", file, "--set", setting);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_is_ended_from_outside_only_after_its_own_limit()
    {
        Assert.True(CommandLine.TerminationTimeout("server") > ServerSettings.MaxShutdownTimeout);
        Assert.True(CommandLine.TerminationTimeout("playground") > StoreProcess.StopTimeout);
        Assert.True(CommandLine.TerminationTimeout("get") < TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("raw", "put", "--help")]
    [InlineData("--version")]
    public async Task Help_and_version_succeed(params string[] arguments)
    {
        var run = await CliRun.Of(NoCluster, arguments);

        Assert.Equal(0, run.ExitCode);
        Assert.NotEmpty(run.Text);
        Assert.Empty(run.Error);
    }
}
