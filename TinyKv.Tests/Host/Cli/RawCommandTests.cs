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

    private async Task<string> Succeeds(params string[] arguments)
    {
        var run = await CliRun.Of(_cluster, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Text;
    }
}
