using TinyKv.Faults.Sandbox;

namespace TinyKv.Faults.Campaigns;

/// <summary>Cuts between stores; clients still reach all of them.</summary>
internal abstract class Cut(string name) : Fault(name)
{
    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var place = await context.VictimAsync(cancellation);
        var length = context.Draw(2, 12);
        var due = context.Now;
        var details = await CutAsync(context, place);
        // Two of three are still connected, whichever way it was cut.
        await context.Load.ServedAsync(context.Bound, cancellation);
        await Task.Delay(length, cancellation);
        await context.Network.HealAsync();
        return new FaultReport($"{details}, {length.TotalSeconds:0.0} s", due);
    }

    /// <summary>Cuts; says what.</summary>
    protected abstract Task<string> CutAsync(CampaignContext context, int place);
}

/// <summary>One store hears nobody, and nobody hears it.</summary>
internal sealed class Partition() : Cut("partition")
{
    /// <inheritdoc/>
    public override string Description => "one store is cut off from the others";

    /// <inheritdoc/>
    protected override async Task<string> CutAsync(CampaignContext context, int place)
    {
        foreach (var other in context.Cluster.All.Where(other => other != place))
        {
            await Network.CutAsync(place, other);
            await Network.CutAsync(other, place);
        }
        return context.Cluster.Name(place);
    }
}

/// <summary>One store is not heard, or hears nothing.</summary>
internal sealed class OneWay() : Cut("one-way")
{
    /// <inheritdoc/>
    public override string Description => "one store is not heard by the others, or does not hear them";

    /// <inheritdoc/>
    protected override async Task<string> CutAsync(CampaignContext context, int place)
    {
        var mute = context.Random.Next(2) == 0;
        foreach (var other in context.Cluster.All.Where(other => other != place))
            await (mute ? Network.CutAsync(place, other) : Network.CutAsync(other, place));
        return $"{context.Cluster.Name(place)} is {(mute ? "not heard" : "deaf")}";
    }
}

/// <summary>Two stores do not hear each other; the third hears both.</summary>
internal sealed class BridgeCut() : Cut("bridge")
{
    /// <inheritdoc/>
    public override string Description => "two stores do not hear each other, the third hears both";

    /// <inheritdoc/>
    protected override async Task<string> CutAsync(CampaignContext context, int place)
    {
        var other = context.Another(place);
        await Network.CutAsync(place, other);
        await Network.CutAsync(other, place);
        return $"{context.Cluster.Name(place)} and {context.Cluster.Name(other)}";
    }
}

/// <summary>All connections of one store, or of all, are reset.</summary>
internal sealed class Reset() : Fault("reset")
{
    /// <inheritdoc/>
    public override string Description => "all connections of one store, or of all, are reset";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var victim = await context.VictimAsync(cancellation);
        var all = context.Random.Next(2) == 0;
        var due = context.Now;
        foreach (var place in all ? context.Cluster.All : [victim]) await Network.ResetAsync(place);
        await context.Load.ServedAsync(context.Bound, cancellation);
        return new FaultReport(all ? "all stores" : context.Cluster.Name(victim), due);
    }
}

/// <summary>A part of the packets between stores is lost.</summary>
internal sealed class Loss() : Fault("loss")
{
    /// <inheritdoc/>
    public override string Description => "a part of the packets between the stores is lost";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (percent, length) = (context.Random.Next(2, 31), context.Draw(3, 10));
        await context.Network.LoseAsync(percent);
        await Task.Delay(length, cancellation);
        await context.Network.HealAsync();
        return new FaultReport($"{percent} %, {length.TotalSeconds:0.0} s", context.Now);
    }
}
