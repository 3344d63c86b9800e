using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>A store is started on an empty directory, as when a disk was not mounted.</summary>
internal sealed class EmptyDirectory() : Fault("empty-directory")
{
    /// <inheritdoc/>
    public override string Description =>
        "a killed store is started on an empty directory, which must end it with 70 or 2 and a reason; then on its own";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (place, due) = (await context.VictimAsync(cancellation), context.Now);
        if (IsLastOfFirst(context.Cluster, place)) place = context.Another(place);
        var data = context.Cluster.DataOf(place);
        await context.Cluster.KillAsync(place);
        Directory.Move(data, $"{data}-away");
        context.Cluster.Start(place);
        // With the command by which it has joined it is another store, at addresses that are taken.
        if (context.Cluster.StoreIn(place).HasJoined) await context.EndAsync(place, 2, "refuses the store", cancellation);
        else await context.FailStopAsync(place, "a new data directory", cancellation);
        await context.Load.ServedAsync(context.Bound, cancellation);
        Directory.Delete(data, recursive: true);
        Directory.Move($"{data}-away", data);
        context.Cluster.Start(place);
        return new FaultReport(context.Cluster.Name(place), due, 1);
    }

    // Without its directory it knows of no other stores than those that it formed the cluster with, and waits for them.
    private static bool IsLastOfFirst(ProcessCluster cluster, int place) =>
        cluster.All.Where(each => !cluster.StoreIn(each).HasJoined).SequenceEqual([place]);
}
