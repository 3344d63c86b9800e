using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Net.Client;
using TinyKv.Client;
using TinyKv.Faults.Sandbox;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>Stores come back by themselves, and end when they have to.</summary>
[Trait("lane", "slow")]
public sealed class RecoveryTests(ITestOutputHelper output) : ProcessClusterKit(output)
{
    [Fact]
    public async Task With_two_of_three_killed_one_restarted_store_is_enough()
    {
        await using var client = await StartAsync(3);
        await client.Raw.PutAsync("a"u8.ToArray(), "1"u8.ToArray());
        var leader = await LeaderAsync();
        var other = leader % 3 + 1;
        await KillAsync(leader);
        await KillAsync(other);

        Cluster.Start(other);

        Assert.Equal("1"u8.ToArray(), await client.Raw.GetAsync("a"u8.ToArray()));
        await client.Raw.PutAsync("b"u8.ToArray(), "2"u8.ToArray());

        // And the one that was the first to go has everything when it comes back.
        Cluster.Start(leader);
        await LeaderAsync();
    }

    [Fact]
    public async Task A_leader_that_stood_still_while_another_was_elected_continues_as_the_same_process()
    {
        await using var client = await StartAsync(3);
        var leader = await LeaderAsync();
        var process = Cluster[leader].Id;
        await Cluster.PauseAsync(leader);

        // What is sent to a store that stands still has an unknown outcome: first another one must lead.
        Assert.NotEqual(leader, await LeaderAsync());
        await client.Raw.PutAsync("a"u8.ToArray(), "1"u8.ToArray());

        await Cluster.ContinueAsync(leader);
        await LeaderAsync();
        Assert.Equal(process, Cluster[leader].Id);
    }

    [SkippableTheory]
    [InlineData("raft", "the journal")]
    [InlineData("standalone", "the engine")]
    public async Task A_store_whose_disk_fails_to_sync_acknowledges_nothing_more_and_ends_with_70(string mode, string failed)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "strace is not installed");
        using var directory = new TemporaryDirectory();
        await using var client = await StartAsync(1, timeout: 5, $"tinykv.storage.mode = {mode}\n");
        using var strace = await SystemCallTrace.AttachAsync(
            Cluster[1].Id, directory["trace"], "-ttt", "-e", "inject=fsync,fdatasync:error=EIO");

        // One after the other, so that what was acknowledged after the failure was also called after it.
        var acknowledged = new List<double>();
        var ended = EndAsync(1);
        for (var i = 0; !ended.IsCompleted; i++)
        {
            var called = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
            try
            {
                await client.Raw.PutAsync(Encoding.UTF8.GetBytes($"key {i}"), "v"u8.ToArray());
                acknowledged.Add(called);
            }
            catch (TinyKvClientException)
            {
                // From here on none may succeed.
            }
        }

        var (code, complaint) = await ended;
        Assert.Equal(70, code);
        Assert.Contains($"has ended itself: {failed}", complaint, StringComparison.Ordinal);
        await strace.EndAsync();
        var injected = File.ReadLines(directory["trace"]).First(line => line.Contains("(INJECTED)", StringComparison.Ordinal));
        var moment = double.Parse(
            injected.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        Assert.DoesNotContain(acknowledged, called => called > moment);

        Cluster.Start(1);
        await SettledAsync();
        for (var i = 0; i < acknowledged.Count; i++)
            Assert.NotNull(await client.Raw.GetAsync(Encoding.UTF8.GetBytes($"key {i}")));
    }

    // Without word of the broken connection it would wait for as long as a store may take to answer.
    [Fact]
    public async Task A_write_that_was_forwarded_to_a_leader_that_dies_is_answered_long_before_the_timeout()
    {
        await using var client = await StartAsync(3, overrides: "tinykv.gateway.timeout = 10m");
        var key = ByteString.CopyFromUtf8("a");
        var leader = await LeaderAsync();
        using var channel = GrpcChannel.ForAddress($"http://{Cluster.Endpoints[leader % 3]}");
        var follower = new Raw.RawClient(channel);
        await follower.PutAsync(new PutRequest { Key = key, Value = key });
        await Cluster.PauseAsync(leader);

        using var call = follower.PutAsync(new PutRequest { Key = key, Value = key });
        await KillAsync(leader);

        var reply = await call.ResponseAsync.WaitAsync(TimeSpan.FromSeconds(90));
        Assert.True(reply.RegionError is null or { StaleCommand: not null }, $"{reply}");
    }
}
