using TinyKv.Core.Keys;

namespace TinyKv.Tests.Host.Cli;

public sealed class RawCommandTests
{
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task Get_prints_the_value_and_an_end_of_line()
    {
        await Succeeds("raw", "put", "größe", "drei");

        Assert.Equal("drei\n", await Succeeds("raw", "get", "größe"));
        Assert.Equal("größe\tdrei\n", await Succeeds("raw", "get", "größe", "--format", "tsv"));
        Assert.Equal("{\"key\":\"größe\",\"value\":\"drei\"}\n",
            await Succeeds("raw", "get", "größe", "--format", "json"));
        Assert.Equal("64726569\n", await Succeeds("raw", "get", "6772c3b6c39f65", "--hex"));
    }

    [Fact]
    public async Task Get_prints_a_binary_value_byte_for_byte()
    {
        await Succeeds("raw", "put", "6b", "00ff0a", "--hex");

        var run = await CliRun.Of(_cluster, "raw", "get", "k");

        Assert.Equal([0x00, 0xff, 0x0a, (byte)'\n'], run.Output);
    }

    [Fact]
    public async Task An_absent_key_is_a_failure_with_a_message()
    {
        var run = await CliRun.Of(_cluster, "raw", "get", "nothing");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Text);
        Assert.Equal("tinykv: there is no key 'nothing'", run.Error.TrimEnd());
    }

    [Fact]
    public async Task A_deleted_key_is_absent_and_may_be_deleted_again()
    {
        await Succeeds("raw", "put", "k", "v");
        await Succeeds("raw", "delete", "k");
        await Succeeds("raw", "delete", "k");

        Assert.Equal(1, (await CliRun.Of(_cluster, "raw", "get", "k")).ExitCode);
    }

    [Theory]
    [InlineData("@file")]
    [InlineData("")]
    [InlineData("-v")]
    [InlineData("-1")]
    [InlineData("[brackets]")]
    public async Task A_value_may_look_like_anything(string value)
    {
        await Succeeds("raw", "put", "k", value);

        Assert.Equal($"{value}\n", await Succeeds("raw", "get", "k"));
    }

    [Fact]
    public async Task A_value_that_looks_like_an_option_comes_after_two_dashes()
    {
        await Succeeds("raw", "put", "k", "--", "--hex");

        Assert.Equal("--hex\n", await Succeeds("raw", "get", "k"));
    }

    [Fact]
    public async Task The_column_family_reaches_the_cluster()
    {
        await Succeeds("raw", "put", "k", "v", "--cf", "write");
        await Succeeds("raw", "put", "k", "v");

        Assert.Equal([ColumnFamily.Write, ColumnFamily.Default], _cluster.Families);
    }

    [Fact]
    public async Task Scan_prints_a_range_in_each_format()
    {
        foreach (var key in new[] { "a", "b", "c", "d" }) await Succeeds("raw", "put", key, $"[{key}]\t");

        Assert.Equal("b\t[b]\\t\nc\t[c]\\t\n",
            await Succeeds("raw", "scan", "--start", "b", "--end", "d", "--format", "tsv"));
        Assert.Equal("{\"key\":\"a\"}\n",
            await Succeeds("raw", "scan", "--end", "b", "--format", "json", "--keys-only"));
        var table = await Succeeds("raw", "scan", "--start", "d");
        Assert.Contains("│ key │", table);
        Assert.Contains("[d]\\t", table);
    }

    [Fact]
    public async Task Scan_says_when_it_stopped_at_the_limit()
    {
        foreach (var key in new[] { "a", "b", "c" }) await Succeeds("raw", "put", key, key);

        var run = await CliRun.Of(_cluster, "raw", "scan", "--limit", "2", "--format", "tsv");

        Assert.Equal("a\ta\nb\tb\n", run.Text);
        Assert.Contains("there may be more", run.Error);
    }

    [Fact]
    public async Task Scan_goes_downwards()
    {
        await Succeeds("raw", "batch-put", "a", "1", "b", "2", "c", "3");

        Assert.Equal("c\t3\nb\t2\n", await Succeeds("raw", "scan", "--reverse", "--limit", "2", "--format", "tsv"));
    }

    [Fact]
    public async Task Batches_are_set_printed_and_removed()
    {
        await Succeeds("raw", "batch-put", "a", "1", "b", "", "--cf", "write");
        Assert.Equal("b\t\na\t1\n", await Succeeds("raw", "batch-get", "b", "a", "--format", "tsv"));
        await Succeeds("raw", "batch-delete", "a", "x");

        var run = await CliRun.Of(_cluster, "raw", "batch-get", "a", "b", "--format", "tsv");

        Assert.Equal((1, "b\t\n"), (run.ExitCode, run.Text));
        Assert.Equal("tinykv: there is no key 'a'", run.Error.TrimEnd());
        Assert.Equal(ColumnFamily.Write, _cluster.Families[0]);
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_is_a_failure_that_tells_what_is_there()
    {
        await Succeeds("raw", "put-if-absent", "k", "1");
        await FailsAsync("the key 'k' holds '1'", "raw", "put-if-absent", "k", "2");
        await FailsAsync("the key 'k' holds '1'", "raw", "cas", "k", "--expected", "2", "--desired", "3");
        await Succeeds("raw", "cas", "k", "--expected", "1", "--desired", "3");
        await Succeeds("raw", "cas", "k", "--expected", "3");
        await FailsAsync("the key 'k' is absent", "raw", "cas", "k", "--expected", "3");
        await Succeeds("raw", "cas", "k", "--desired", "4");
        Assert.Equal("4\n", await Succeeds("raw", "get", "k"));
    }

    [Fact]
    public async Task A_range_is_removed_when_its_bounds_are_clear()
    {
        await Succeeds("raw", "batch-put", "a", "1", "b", "2", "c", "3");
        await Succeeds("raw", "delete-range", "--start", "b", "--end", "c");
        Assert.Equal("a\t1\nc\t3\n", await Succeeds("raw", "scan", "--format", "tsv"));
        await Succeeds("raw", "delete-range", "--all");
        Assert.Empty(await Succeeds("raw", "scan", "--format", "tsv"));
    }

    [Theory]
    [InlineData("has no value: expected KEY VALUE", "raw", "batch-put", "a", "1", "b")]
    [InlineData("KEY is empty", "raw", "batch-get", "a", "")]
    [InlineData("expected --expected, --desired or both", "raw", "cas", "k")]
    [InlineData("--start, --end or both, or --all", "raw", "delete-range")]
    [InlineData("--start, --end or both, or --all", "raw", "delete-range", "--all", "--start", "a")]
    [InlineData("not hexadecimal", "raw", "cas", "6b", "--hex", "--desired", "xyz")]
    public async Task A_command_line_that_cannot_be_meant_is_refused(string reason, params string[] arguments)
    {
        var run = await CliRun.Of(_cluster, arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    private async Task FailsAsync(string reason, params string[] arguments)
    {
        var run = await CliRun.Of(_cluster, arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"nothing was done, {reason}", run.Error, StringComparison.Ordinal);
    }

    private async Task<string> Succeeds(params string[] arguments)
    {
        var run = await CliRun.Of(_cluster, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Text;
    }
}
