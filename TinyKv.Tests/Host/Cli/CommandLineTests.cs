using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Playground;
using TinyKv.Server.Exit;
using TinyKv.Tests.Architecture;
using TinyKv.Tests.Clusters;

namespace TinyKv.Tests.Host.Cli;

public sealed class CommandLineTests
{
    private static readonly FakeCluster NoCluster =
        new() { ConnectError = new InvalidOperationException("a usage error must be found before connecting") };

    [Theory]
    [InlineData("a command is missing: expected get, put", "raw")]
    [InlineData("'frob' is no command of 'tinykv': expected server, playground", "frob")]
    [InlineData("did you mean 'tinykv status'?", "statsu")]
    [InlineData("did you mean 'tinykv raw import'?", "import", "pairs.tsv")]
    [InlineData("did you mean 'tinykv raw batch-get'?", "raw", "batchget", "k")]
    [InlineData("did you mean 'tinykv raw get'?", "help", "raw", "gte")]
    [InlineData("'x' is no command of 'tinykv get'", "help", "get", "x")]
    [InlineData("'--hxe' is no option of 'tinykv raw get': did you mean '--hex'?", "raw", "get", "--hxe", "k")]
    [InlineData("'--limt' is no option of 'tinykv scan': did you mean '--limit'?", "scan", "--limt", "3")]
    [InlineData("'--endpoint' is no option of 'tinykv server'", "server", "--endpoint", "a:1")]
    [InlineData("--endpoint means nothing to 'tinykv playground'", "--endpoint", "a:1", "playground")]
    [InlineData("--hex means nothing to 'tinykv status'", "--hex", "status")]
    [InlineData("'b' is too much: 'tinykv get' takes KEY", "get", "a", "b")]
    [InlineData("VALUE is missing: expected 'tinykv raw put KEY VALUE'", "raw", "put", "k")]
    [InlineData("KEY is missing: expected 'tinykv get KEY'", "get")]
    [InlineData("KEY is missing: expected 'tinykv raw batch-get KEY ...'", "raw", "batch-get")]
    [InlineData("DIR is missing: expected 'tinykv check DIR'", "check")]
    [InlineData("SHELL is missing: expected 'tinykv completion bash|zsh|fish|pwsh'", "completion")]
    [InlineData("--config is missing, the file with the settings; or --join, to join a cluster (see 'tinykv server --help')",
        "server")]
    [InlineData("--join 'here' is not an address: expected HOST:PORT, such as 127.0.0.1:20160 (see 'tinykv server --help')",
        "server", "--join", "a:1,here")]
    [InlineData("--store-id 'x' is not a number: expected 1 to 9223372036854775807",
        "server", "--config", "f", "--store-id", "x")]
    [InlineData("--store-id '0' is out of range: expected 1 to 9223372036854775807",
        "server", "--config", "f", "--store-id", "0")]
    [InlineData("--store-id '9223372036854775808' is out of range: expected 1 to 9223372036854775807",
        "server", "--config", "f", "--store-id", "9223372036854775808")]
    [InlineData("--store-id '99999999999999999999' is out of range: expected 1 to 9223372036854775807",
        "server", "--config", "f", "--store-id", "99999999999999999999")]
    [InlineData("--endpoint has no value: expected --endpoint HOST:PORT", "get", "k", "--endpoint")]
    [InlineData("Option '--cf' expects a single argument but 2 were provided", "get", "k", "--cf", "lock", "--cf", "write")]
    [InlineData("'maybe' is too much: 'tinykv get' takes KEY", "get", "k", "--hex=maybe")]
    [InlineData("--timeout 'soon' is not a time: expected seconds", "get", "k", "--timeout", "soon")]
    [InlineData("--timeout '0' is not a time", "get", "k", "--timeout", "0")]
    [InlineData("--timeout '-1s' is not a time", "get", "k", "--timeout", "-1s")]
    [InlineData("--timeout '2000m' is not a time", "get", "k", "--timeout", "2000m")]
    [InlineData("'csh' is not a shell", "completion", "csh")]
    [InlineData("argument 2, 'gr\uFFFD', is not UTF-8", "get", "gr\uFFFD")]
    [InlineData("with --hex for keys and values of other bytes", "put", "k", "half \ud83d")]
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
    [InlineData("--limit '-1' is out of range: expected 1 to 10240", "raw", "scan", "--limit", "-1")]
    [InlineData("expected 1 to 10240", "raw", "scan", "--limit", "10241")]
    [InlineData("--limit 'abc' is not a number: expected 1 to 10240", "scan", "--limit", "abc")]
    [InlineData("--limit '-' is not a number: expected 1 to 10240", "scan", "--limit", "-")]
    [InlineData("--end must be greater", "raw", "scan", "--start", "b", "--end", "a")]
    [InlineData("--start is empty", "raw", "scan", "--start", "")]
    [InlineData(".tsv or .jsonl", "raw", "import", "pairs.csv")]
    [InlineData("expected tsv or json", "raw", "import", "pairs.tsv", "--format", "table")]
    [InlineData("expected 1 to 20", "playground", "--stores", "0")]
    [InlineData("--stores 'abc' is not a number: expected 1 to 20", "playground", "--stores", "abc")]
    [InlineData("--stores '99999999999999999999' is out of range", "playground", "--stores", "99999999999999999999")]
    [InlineData("expected 1024 to 65000", "playground", "--base-port", "80")]
    [InlineData("expected rocksdb, sqlite, postgresql", "playground", "--journal", "paper")]
    public async Task A_wrong_command_line_is_a_usage_error_that_says_what_is_expected(
        string expected, params string[] arguments)
    {
        var run = await CliRun.Of(NoCluster, arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.StartsWith("tinykv: ", run.Error);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("System.", run.Error);
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
        "tinykv: --set: tinykv.server.max-connections is 'none', must be a whole number from 1 to 1000000")]
    public async Task A_setting_on_the_command_line_that_is_wrong_is_refused_with_2(string setting, string expected)
    {
        var file = Path.Combine(Repository.Root, "hocon", "one-store.conf");

        var run = await CliRun.Of(NoCluster, "server", "--config", file, "--set", setting);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith(expected, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tinykv.journal=sqlite", "--set tinykv.journal: the playground decides that for each store; use --journal")]
    [InlineData("tinykv.store.id=2", "--set tinykv.store.id: the playground decides that for each store; leave it out")]
    [InlineData("tinykv.raft.tick-interval", "--set tinykv.raft.tick-interval: write --set KEY=VALUE")]
    [InlineData("tinykv.raft.tick-interval=soon",
        "--set: tinykv.raft.tick-interval is 'soon', must be a time such as 100ms")]
    public async Task A_wrong_setting_of_a_playground_is_refused_before_anything_is_started(string setting, string expected)
    {
        var port = Playgrounds.FreeBasePort();

        var run = await CliRun.Of(NoCluster, "playground", "--base-port", $"{port}", "--set", setting);

        Assert.Equal((ExitCode.Usage, $"tinykv: {expected}\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task The_environment_names_endpoints_for_those_who_name_none()
    {
        var cluster = new FakeCluster();

        await RunAsync("a:1, b:2", "status");
        Assert.Equal(["a:1", "b:2"], cluster.Options!.Endpoints);
        await RunAsync("a:1", "status", "-e", "c:3");
        Assert.Equal(["c:3"], cluster.Options!.Endpoints);
        var wrong = await RunAsync("a", "status");
        Assert.Equal(2, wrong.ExitCode);
        Assert.StartsWith("tinykv: TINYKV_ENDPOINTS 'a' is not an address: expected HOST:PORT", wrong.Error);

        Task<CliRun> RunAsync(string endpoints, params string[] arguments) => CliRun.On(
            host => host with
            {
                Connect = cluster.ConnectAsync,
                Variable = name => name == "TINYKV_ENDPOINTS" ? endpoints : null,
            }, CancellationToken.None, arguments);
    }

    [Theory]
    [InlineData("7", 7_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("250ms", 250)]
    [InlineData("2m", 120_000)]
    public async Task A_timeout_is_how_long_to_try_even_while_nothing_takes_a_connection(string text, int milliseconds)
    {
        var cluster = new FakeCluster();

        await CliRun.Of(cluster, "delete", "k");
        Assert.InRange(cluster.Options!.UnreachableTimeout!.Value.TotalSeconds, 0, 1);
        await CliRun.Of(cluster, "delete", "k", "--timeout", text);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), cluster.Options!.Timeout);
        Assert.Null(cluster.Options.UnreachableTimeout);
    }

    [Fact]
    public async Task The_everyday_commands_stand_at_the_top_as_well_as_below_raw()
    {
        var cluster = new FakeCluster();
        await CliRun.Of(cluster, "put", "k", "v");
        var (short_, long_) = (await CliRun.Of(cluster, "get", "k"), await CliRun.Of(cluster, "raw", "get", "k"));
        var scan = await CliRun.Of(cluster, "scan", "--format", "tsv");
        await CliRun.Of(cluster, "delete", "k");
        var gone = await CliRun.Of(cluster, "get", "/h");

        Assert.Equal(("v\n", "v\n", "k\tv\n"), (short_.Text, long_.Text, scan.Text));
        Assert.Equal("tinykv: there is no key '/h'", gone.Error.TrimEnd());
    }

    [Theory]
    [InlineData("server", "--endpoint")]
    [InlineData("playground", "--format")]
    [InlineData("status", "--hex")]
    [InlineData("put", "--format")]
    public async Task Help_lists_only_what_applies(string command, string foreign)
    {
        var help = await CliRun.Of(NoCluster, "help", command);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"tinykv {command}", help.Text.Replace("testhost", "tinykv"));
        Assert.DoesNotContain(foreign, help.Text);
        Assert.Equal(help.Text, (await CliRun.Of(NoCluster, command, "--help")).Text);
    }

    [Fact]
    public void A_command_is_ended_from_outside_only_after_its_own_limit()
    {
        Assert.Null(CommandLine.TerminationTimeout("server"));
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
