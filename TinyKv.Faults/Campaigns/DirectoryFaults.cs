namespace TinyKv.Faults.Campaigns;

/// <summary>A store is started on an empty directory, as when a disk was not mounted.</summary>
internal sealed class EmptyDirectory() : Fault("empty-directory")
{
    /// <inheritdoc/>
    public override string Description =>
        "a killed store is started on an empty directory, which must end it with 70 and a reason; then on its own";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (store, due) = (await context.VictimAsync(cancellation), context.Now);
        var data = Path.Combine(context.Disks[store - 1].Path, "data");
        await context.Cluster.KillAsync(store);
        Directory.Move(data, $"{data}-away");
        context.Cluster.Start(store);
        await context.FailStopAsync(store, "a new data directory", cancellation);
        await context.Load.ServedAsync(context.Bound, cancellation);
        Directory.Delete(data, recursive: true);
        Directory.Move($"{data}-away", data);
        context.Cluster.Start(store);
        return new FaultReport($"store {store}", due, 1);
    }
}
