namespace TinyKv.Faults.Campaigns;

/// <summary>kill -9 of one store: the leader, or any.</summary>
internal sealed class KillOne(bool leader) : Fault(leader ? "kill-leader" : "kill-minority")
{
    /// <inheritdoc/>
    public override int Weight => leader ? 3 : 2;

    /// <inheritdoc/>
    public override string Description => leader ? "kill -9 of the leader" : "kill -9 of any one store";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var first = await context.Cluster.LeaderAsync(cancellation);
        var place = leader ? first : context.Another();
        var due = context.Now;
        await context.Cluster.KillAsync(place);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await Task.Delay(context.Draw(0.05, 1.5), cancellation);
        context.Cluster.Start(place);
        return new FaultReport(context.Cluster.Name(place), due, 1);
    }
}

/// <summary>kill -9 of two of three; they come back one after the other, and one of them must be enough.</summary>
internal sealed class KillMajority() : Fault("kill-majority")
{
    /// <inheritdoc/>
    public override int Weight => 4;

    /// <inheritdoc/>
    public override bool StartsMajority => true;

    /// <inheritdoc/>
    public override string Description => "kill -9 of two stores, which are started one after the other";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var first = await context.VictimAsync(cancellation);
        var second = context.Another(first);
        await context.Cluster.KillAsync(first, second);
        await Task.Delay(context.Draw(0.05, 1.5), cancellation);
        context.Cluster.Start(first);
        var due = context.Now;
        await context.Load.ServedAsync(context.Bound, cancellation);
        context.Cluster.Start(second);
        return new FaultReport($"{context.Cluster.Name(first)} and {context.Cluster.Name(second)}", due, 2);
    }
}

/// <summary>kill -9 of all.</summary>
internal sealed class KillAll() : Fault("kill-all")
{
    /// <inheritdoc/>
    public override int Weight => 4;

    /// <inheritdoc/>
    public override bool StartsMajority => true;

    /// <inheritdoc/>
    public override string Description => "kill -9 of all stores";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        await context.Cluster.KillAsync(context.Cluster.All);
        context.Cluster.StartMissing();
        return new FaultReport("all stores", context.Now, context.Cluster.Layout.Stores);
    }
}
