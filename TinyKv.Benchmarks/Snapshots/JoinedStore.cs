using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Snapshots;

/// <summary>A store that joins a cluster which runs, as a process.</summary>
internal sealed class JoinedStore : IAsyncDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly ServerProcess _process;

    private JoinedStore(ServerProcess process, ulong id) => (_process, Id) = (process, id);

    /// <summary>Its number, which the cluster has given it.</summary>
    public ulong Id { get; }

    /// <summary>Starts one; when this ends, placement has heard it.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="admin">Asks it.</param>
    /// <param name="directory">For its data and its log.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<JoinedStore> StartAsync(
        ProcessCluster cluster, IClusterAdmin admin, string directory, CancellationToken cancellation)
    {
        var process = ServerProcess.Start(
            new ProcessStartInfo("dotnet", [
                ProcessCluster.OwnProgram, "server", "--join", string.Join(',', cluster.Endpoints),
                "--data", Path.Combine(directory, "joined"), "--exit-with-parent",
            ]), Path.Combine(directory, "joined.log"));
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < JoinTimeout && !process.Ended.IsCompleted)
        {
            var stores = (await admin.ListStoresAsync(cancellation)).Stores;
            if (stores.FirstOrDefault(store => HasJoined(store, cluster)) is { } joined)
                return new JoinedStore(process, joined.StoreId);
            await Task.Delay(Poll, cancellation);
        }
        await process.DisposeAsync();
        throw new TinyKvException($"a store has not joined: {process.Complaints.Trim()}");
    }

    /// <summary>Kills it.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static bool HasJoined(StoreDetail store, ProcessCluster cluster) =>
        store.StoreId > (ulong)cluster.Layout.Stores && store.Usage is not null;
}
