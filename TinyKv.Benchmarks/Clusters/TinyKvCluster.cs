using TinyKv.Client;
using TinyKv.Host.Cli.Playground;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Three stores of TinyKv with its defaults.</summary>
internal sealed class TinyKvCluster : ServerCluster
{
    private readonly PlaygroundState _state;
    private readonly string _directory;
    private readonly string _program;
    private readonly string? _postgreSql;

    /// <summary>Writes nothing yet.</summary>
    /// <param name="directory">For data, configurations and logs.</param>
    /// <param name="basePort">The first of the ports.</param>
    /// <param name="journal">rocksdb, sqlite or postgresql.</param>
    /// <param name="program">The server's assembly; another build's to compare with.</param>
    public TinyKvCluster(string directory, int basePort, string journal, string program)
    {
        _directory = directory;
        _program = program;
        _state = new PlaygroundState(1, $"benchmark-{basePort}", Members, journal, basePort);
        _postgreSql = journal == "postgresql" ? Environment.GetEnvironmentVariable("TINYKV_POSTGRESQL") : null;
        Endpoints = [.. Enumerable.Range(0, Members)
            .Select(index => $"127.0.0.1:{PlaygroundPorts.Of(basePort, index).Grpc}")];
    }

    /// <summary>The server that was built together with this program.</summary>
    public static string OwnProgram { get; } = Path.Combine(AppContext.BaseDirectory, "tinykv.dll");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Endpoints { get; }

    /// <summary>The index of the store that leads, once one does.</summary>
    public async Task<int> LeaderAsync(CancellationToken cancellation)
    {
        await using var client = await TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = Endpoints }, cancellation);
        while (true)
        {
            var stores = await client.GetStoreStatusesAsync(cancellation);
            var leader = stores.FirstOrDefault(store =>
                store.Status?.Peers.Any(peer => peer.Region.Id == 1 && peer.Role == "leader") ?? false);
            if (leader is not null) return (int)leader.StoreId - 1;
            await Task.Delay(20, cancellation);
        }
    }

    /// <summary>Waits until a store leads or follows, and has applied what was committed when it began to.</summary>
    public async Task ReadyAsync(int index, CancellationToken cancellation)
    {
        await using var client = await TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = Endpoints }, cancellation);
        while (true)
        {
            var stores = await client.GetStoreStatusesAsync(cancellation);
            if (stores.Any(store => (int)store.StoreId == index + 1 && store.Status is { Ready: true })) return;
            await Task.Delay(20, cancellation);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command(int index)
    {
        var directory = Path.Combine(_directory, $"store-{index + 1}");
        Directory.CreateDirectory(directory);
        var config = StoreConfigFile.Write(_state, index + 1, directory, _postgreSql);
        return ["dotnet", _program, "server", "--config", config];
    }

    /// <inheritdoc/>
    protected override string LogFile(int index) => Path.Combine(_directory, $"store-{index + 1}.log");
}
