using System.Text.Json;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Clusters;

/// <summary>What a server writes to its standard output, in the formats that there are.</summary>
[Trait("lane", "slow")]
public sealed class LogFormatTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("text", @"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO  [\w/-]+: [A-Z]?\w")]
    [InlineData("systemd", @"^<6>TinyKv\.[\w.]+\[0\] [A-Z]?\w")]
    [InlineData("json", @"^{""Timestamp"":""20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"",.*""Category"":""TinyKv\.[\w.]+""")]
    public async Task Every_line_is_in_the_format_that_is_set(string format, string line)
    {
        var lines = await RunAsync(format);

        Assert.All(lines, each => Assert.Matches(line, each));
        Assert.Contains(lines, each => each.Contains("leads in term", StringComparison.Ordinal));
        Assert.Contains("Stopped in ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_for_programs_names_the_class_and_the_actor()
    {
        var leads = (await RunAsync("json")).First(line => line.Contains("leads in term", StringComparison.Ordinal));

        using var json = JsonDocument.Parse(leads);
        Assert.Equal("TinyKv.Actors.Raft.RaftPeer", json.RootElement.GetProperty("Category").GetString());
        Assert.StartsWith("store/region-", json.RootElement.GetProperty("State").GetProperty("Source").GetString(),
            StringComparison.Ordinal);
    }

    // It stops when its standard input ends, once it has said what is looked for.
    private async Task<string[]> RunAsync(string format)
    {
        var config = _directory["tinykv.conf"];
        await File.WriteAllTextAsync(config, new StoreLayout("log", StoreAddress.Free(1)).Config(1, _directory["data"]));
        var (_, output, error) = await Shell.RunAsync(
            """
            cd "$DIRECTORY"
            until grep -q "leads in term" log || [ -e ended ]; do sleep 0.05; done 2> /dev/null | { "$@" > log; touch ended; }
            cat log
            """,
            new() { ["DIRECTORY"] = _directory.Path },
            "server", "--exit-with-parent", "--config", config,
            "--set", $"tinykv.server.log-format={format}").WaitAsync(Timeouts.Long);
        Assert.Equal("", error);
        return output.TrimEnd('\n').Split('\n');
    }
}
