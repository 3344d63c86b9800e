namespace TinyKv.Faults.Campaigns;

/// <summary>A store is started on an empty directory, as when a disk was not mounted.</summary>
internal sealed class EmptyDirectory() : Fault("empty-directory")
{
    /// <inheritdoc/>
    public override string Description =>
        "a killed store is started on an empty directory, which must end it with 70 and a reason; then on its own";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(Arena arena, CancellationToken cancellation)
    {
        var (store, due) = (await arena.VictimAsync(cancellation), arena.Now);
        var data = Path.Combine(arena.Disks[store - 1].Path, "data");
        await arena.Cluster.KillAsync(store);
        Directory.Move(data, $"{data}-away");
        arena.Cluster.Start(store);
        await arena.FailStopAsync(store, "a new data directory", cancellation);
        await arena.Load.ServedAsync(arena.Bound, cancellation);
        Directory.Delete(data, recursive: true);
        Directory.Move($"{data}-away", data);
        arena.Cluster.Start(store);
        return new FaultReport($"store {store}", due, 1);
    }
}
