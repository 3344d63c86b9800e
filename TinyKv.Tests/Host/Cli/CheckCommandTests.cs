using System.Text.Json;
using TinyKv.Core.Regions;
using TinyKv.Persistence;
using TinyKv.Persistence.Engine;
using TinyKv.Testing;

namespace TinyKv.Tests.Host.Cli;

public sealed class CheckCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sound_files_are_exit_code_0_and_a_line_for_each_part()
    {
        Make("rocksdb");

        var run = await CheckAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("  identity  sound        store 1 of cluster 'c', journal rocksdb\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("  engine    sound        ", run.Text, StringComparison.Ordinal);
        Assert.Contains("  journal   sound        nothing was written yet\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_exit_code_1_and_says_what_to_do()
    {
        Make("rocksdb");
        File.Delete(Path.Combine(_directory.Path, "data", "CURRENT"));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "data", "000042.sst"), "x");

        var run = await CheckAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("  engine    damaged      the engine in", run.Text, StringComparison.Ordinal);
        Assert.Contains("CURRENT is missing", run.Text, StringComparison.Ordinal);
        Assert.Contains("What to do: ", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_says_the_same_to_programs()
    {
        Make("postgresql");

        var run = await CheckAsync("--format", "json");

        Assert.Equal(0, run.ExitCode);
        var root = JsonDocument.Parse(run.Output).RootElement;
        Assert.True(root.GetProperty("sound").GetBoolean());
        Assert.Equal(1, root.GetProperty("store").GetInt32());
        var journal = root.GetProperty("parts").EnumerateArray()
            .Single(part => part.GetProperty("name").GetString() == "journal");
        Assert.Equal("not-checked", journal.GetProperty("state").GetString());
        Assert.Contains("PostgreSQL", journal.GetProperty("details")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tsv_has_a_line_for_each_detail()
    {
        Make("rocksdb");

        var run = await CheckAsync("--format", "tsv");

        Assert.Contains("journal\tsound\tnothing was written yet\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_none_or_in_use_is_wrong_usage()
    {
        var absent = await CliRun.Of(new FakeCluster(), "check", _directory["absent"]);
        var running = Make("rocksdb");
        using var held = DataDirectory.Open(_directory.Path, running, [new StoreId(1)]);
        var used = await CheckAsync();

        Assert.Equal(2, absent.ExitCode);
        Assert.Contains("there is no directory", absent.Error, StringComparison.Ordinal);
        Assert.Equal(2, used.ExitCode);
        Assert.Contains($"locked by a running store, process {Environment.ProcessId}", used.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_wrong_usage_and_no_damage()
    {
        Make("postgresql");

        var run = await CheckAsync("--postgresql", $"Host=127.0.0.1;Port={FreePorts.Take()};Username=tinykv");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot use PostgreSQL at 127.0.0.1", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", run.Text, StringComparison.Ordinal);
    }

    private StoreIdentity Make(string journal)
    {
        var identity = new StoreIdentity(7, "c", new StoreId(1), journal);
        using var directory = DataDirectory.Open(_directory.Path, identity, [new StoreId(1)]);
        RocksEngine.Open(directory.DataPath).Dispose();
        return identity;
    }

    private Task<CliRun> CheckAsync(params string[] options) =>
        CliRun.Of(new FakeCluster(), ["check", _directory.Path, .. options]);
}
