using System.Text;
using System.Text.Json;
using TinyKv.Host.Cli;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

[Trait("lane", "slow")]
public sealed class ThreeProcessesTests(ITestOutputHelper output) : ProcessClusterKit(output)
{
    private const int Lines = 6_000;

    [Fact]
    public async Task Killing_the_leader_half_way_through_an_import_and_then_everyone_loses_nothing()
    {
        Create(stores: 3).StartMissing();
        var leader = await LeaderAsync();
        var pairs = string.Concat(Enumerable.Range(0, Lines).Select(i => $"key{i:d6}\tvalue {i}\n"));
        await using var file = new HalfwayStream(
            Encoding.UTF8.GetBytes(pairs), () => KillAsync(leader));

        await Run(file, "raw", "import", "-", "--format", "tsv");
        Assert.DoesNotContain(leader, Cluster.Running);
        Assert.Equal(pairs, await Run(Stream.Null, "raw", "export"));
        await StatusShowsAsUnreachable(leader);

        Cluster.StartMissing();
        await LeaderAsync();
        foreach (var store in Cluster.Running.ToList()) await KillAsync(store);
        Cluster.StartMissing();
        var next = await LeaderAsync();
        Assert.Equal(pairs, await Run(Stream.Null, "raw", "export"));

        // Once more without the leader: the others have everything too, the first one killed included.
        await KillAsync(next);
        Assert.Equal(pairs, await Run(Stream.Null, "raw", "export"));
    }

    private async Task StatusShowsAsUnreachable(int store)
    {
        var status = JsonDocument.Parse(await Run(Stream.Null, "status", "--format", "json")).RootElement;
        var unreachable = status.GetProperty("stores").EnumerateArray()
            .Where(each => !each.GetProperty("reachable").GetBoolean())
            .Select(each => each.GetProperty("id").GetInt32());
        Assert.Equal([store], unreachable);
    }

    /// <summary>Runs a command line against the cluster; it must succeed.</summary>
    private async Task<string> Run(Stream input, params string[] arguments)
    {
        using var captured = new MemoryStream();
        await using var text = new StreamWriter(captured, CliHost.Utf8) { AutoFlush = true };
        await using var error = new StringWriter();
        var host = new CliHost { Input = input, Output = captured, Text = text, Error = error };
        var endpoints = Cluster.Endpoints.SelectMany(endpoint => new[] { "--endpoint", endpoint });
        var code = await CommandLine.RunAsync([.. arguments, .. endpoints], host);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {error}");
        Output.WriteLine(error.ToString());
        return Encoding.UTF8.GetString(captured.ToArray());
    }

    /// <summary>Bytes in small pieces, and something to do once half of them are read.</summary>
    private sealed class HalfwayStream(byte[] bytes, Func<Task> halfway) : MemoryStream(bytes)
    {
        private bool _done;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_done && Position > Length / 2)
            {
                _done = true;
                await halfway();
            }
            return await base.ReadAsync(buffer[..Math.Min(buffer.Length, 1024)], cancellationToken);
        }
    }
}
