using System.Text.Json.Nodes;
using TinyKv.Client;
using TinyKv.Testing;
using TinyKv.Tests.Persistence;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>Stores on directories that are not theirs, or not any more, and lists of stores that differ.</summary>
[Trait("lane", "slow")]
public sealed class IdentityTests(ITestOutputHelper output) : ProcessClusterKit(output)
{
    [Fact]
    public async Task A_store_on_an_empty_directory_ends_with_70_and_serves_again_on_its_own()
    {
        await using var client = await StartAsync(3);
        await client.Raw.PutAsync("a"u8.ToArray(), "1"u8.ToArray());
        await KillAsync(3);
        Directory.Move(Cluster.DataOf(3), $"{Cluster.DataOf(3)}-away");

        Cluster.Start(3);

        var (code, complaint) = await EndAsync(3);
        Assert.Equal(70, code);
        Assert.Contains("store 3 shows up with a new data directory", complaint, StringComparison.Ordinal);
        PutBack(3);
        await ServesWithAllAsync(client);
    }

    [Fact]
    public async Task A_store_on_an_old_copy_of_its_directory_ends_with_70_and_serves_again_on_the_last()
    {
        await using var client = await StartAsync(3);
        await KillAsync(3);
        StoreFiles.Copy(Cluster.DataOf(3), $"{Cluster.DataOf(3)}-old");
        Cluster.Start(3);
        await client.Raw.PutAsync("a"u8.ToArray(), "1"u8.ToArray());
        await LeaderAsync();
        await KillAsync(3);
        Directory.Move(Cluster.DataOf(3), $"{Cluster.DataOf(3)}-away");
        Directory.Move($"{Cluster.DataOf(3)}-old", Cluster.DataOf(3));

        // A copy does not become younger by being started again, as a service manager would do.
        for (var start = 0; start < 3; start++)
        {
            Cluster.Start(3);
            var (code, complaint) = await EndAsync(3);
            Assert.Equal(70, code);
            // By the others' handshakes or by the leader's log, whichever is sooner; only the second is kept in the directory.
            Assert.Matches("shows up with an old copy of its data directory|its data directory is an older copy", complaint);
            ForgetLoss(Cluster.DataOf(3));
        }
        PutBack(3);
        await ServesWithAllAsync(client);
    }

    [Fact]
    public async Task Stores_with_each_others_directories_say_whose_they_have()
    {
        await using var client = await StartAsync(3);
        await client.Raw.PutAsync("a"u8.ToArray(), "1"u8.ToArray());
        await KillAsync(2);
        await KillAsync(3);
        Swap(Cluster.DataOf(2), Cluster.DataOf(3));

        Cluster.Start(2);

        Assert.Contains("belongs to store 3, this is store 2", (await EndAsync(2)).Complaint, StringComparison.Ordinal);
        Swap(Cluster.DataOf(2), Cluster.DataOf(3));
        Cluster.Start(2);
        Cluster.Start(3);
        await ServesWithAllAsync(client);
    }

    [Fact]
    public async Task A_list_of_stores_that_grew_ends_all_of_them_with_2_and_nothing_is_lost()
    {
        await using var client = await StartAsync(1);
        await client.Raw.PutAsync("precious"u8.ToArray(), "1"u8.ToArray());
        await KillAsync(1);

        var one = Cluster.Layout;
        Cluster.Layout = one with { Addresses = [.. one.Addresses, .. StoreAddress.Free(2)] };
        Cluster.StartMissing();

        for (var store = 1; store <= 3; store++)
        {
            var (code, complaint) = await EndAsync(store);
            Assert.Equal(2, code);
            Assert.Contains("cluster of the initial stores [1]", complaint, StringComparison.Ordinal);
            Assert.Contains("tinykv server --join", complaint, StringComparison.Ordinal);
        }
        Cluster.Layout = one;
        Cluster.Start(1);
        await LeaderAsync();
        Assert.Equal("1"u8.ToArray(), await client.Raw.GetAsync("precious"u8.ToArray()));
    }

    private void PutBack(int store)
    {
        Directory.Delete(Cluster.DataOf(store), recursive: true);
        Directory.Move($"{Cluster.DataOf(store)}-away", Cluster.DataOf(store));
        Cluster.Start(store);
    }

    // Without one of the others, so that the store that came back is needed.
    private async Task ServesWithAllAsync(TinyKvClient client)
    {
        await LeaderAsync();
        await KillAsync(1);
        Assert.Equal("1"u8.ToArray(), await client.Raw.GetAsync("a"u8.ToArray()));
    }

    // So that the next start, too, is judged by what the others say.
    private static void ForgetLoss(string directory)
    {
        var path = Path.Combine(directory, "identity.json");
        var identity = JsonNode.Parse(File.ReadAllText(path))!;
        identity["lost"] = "";
        File.WriteAllText(path, identity.ToJsonString());
    }

    private static void Swap(string one, string other)
    {
        Directory.Move(one, $"{one}-away");
        Directory.Move(other, one);
        Directory.Move($"{one}-away", other);
    }
}
