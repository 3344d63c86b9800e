using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;

namespace TinyKv.Faults.Campaigns;

/// <summary>SIGSTOP of one store, sometimes of two, then SIGCONT.</summary>
internal sealed class Pause() : Fault("pause")
{
    // A shorter one may end before the others have another leader; what happens then is worth seeing, too.
    private static readonly TimeSpan LongEnoughForElection = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override string Description =>
        "SIGSTOP of one or two stores for a second up to the longest pause: others must serve while only one stands still";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var first = await context.VictimAsync(cancellation);
        List<int> places = context.Random.Next(3) == 0 ? [first, context.Another(first)] : [first];
        var length = context.Draw(1, context.LongestPause.TotalSeconds);
        var due = context.Now;
        foreach (var place in places) await context.Cluster.PauseAsync(place);
        await Task.Delay(length, cancellation);
        if (places.Count == 1 && length > LongEnoughForElection)
            await context.Load.ServedAsync(context.Bound, cancellation);
        foreach (var place in places) await context.Cluster.ContinueAsync(place);
        if (places.Count > 1) due = context.Now;
        return new FaultReport($"{string.Join(" and ", places.Select(context.Cluster.Name))}, {length.TotalSeconds:0.0} s", due);
    }
}

/// <summary>SIGSTOP of the leader for as long as it takes for everyone to give it up.</summary>
internal sealed class LongPause() : Fault("long-pause")
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override string Description => "SIGSTOP of the leader for a minute: others must serve meanwhile";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (place, due) = (await context.Cluster.LeaderAsync(cancellation), context.Now);
        await context.Cluster.PauseAsync(place);
        await Task.Delay(Length, cancellation);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await context.Cluster.ContinueAsync(place);
        return new FaultReport(context.Cluster.Name(place), due);
    }
}

/// <summary>The leader's disk stands still: no sync ends.</summary>
internal sealed class StalledDisk() : Fault("stalled-disk")
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public override string Description => "no sync of the leader ends for some seconds: others must serve meanwhile";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (place, due) = (await context.Cluster.LeaderAsync(cancellation), context.Now);
        var length = context.Draw(1, 10);
        using (var trace = await SystemCallTrace.InjectAsync(
            context.Cluster[place].Id, $"fsync,fdatasync:delay_enter={(long)Longest.TotalMicroseconds}"))
        {
            // What was under way when the disk stopped may still be answered.
            await Task.Delay(length, cancellation);
            await context.Load.ServedAsync(context.Bound, cancellation);
            await trace.DetachAsync();
        }
        return new FaultReport($"{context.Cluster.Name(place)}, {length.TotalSeconds:0.0} s", due);
    }
}

/// <summary>A store's disk takes long to sync.</summary>
internal sealed class SlowDisk() : Fault("slow-disk")
{
    /// <inheritdoc/>
    public override string Description => "each sync of one store takes up to 200 ms longer: the stores must serve meanwhile";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var place = await context.VictimAsync(cancellation);
        var (delay, length) = (context.Draw(0.01, 0.2), context.Draw(2, 6));
        var due = context.Now;
        using (var trace = await SystemCallTrace.InjectAsync(
            context.Cluster[place].Id, $"fsync,fdatasync:delay_enter={(long)delay.TotalMicroseconds}"))
        {
            await Task.Delay(length, cancellation);
            await context.Load.ServedAsync(context.Bound, cancellation);
            await trace.DetachAsync();
        }
        return new FaultReport(
            $"{context.Cluster.Name(place)}, {delay.TotalMilliseconds:0} ms, {length.TotalSeconds:0.0} s", due);
    }
}

/// <summary>A store's disk reports that it could not sync.</summary>
internal sealed class FailingSync() : Fault("fsync-error")
{
    /// <inheritdoc/>
    public override string Description => "the disk of one store fails to sync; it must end with 70, and serve again";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var place = await context.VictimAsync(cancellation);
        var due = context.Now;
        var started = Stopwatch.GetTimestamp();
        using (await SystemCallTrace.InjectAsync(context.Cluster[place].Id, "fsync,fdatasync:error=EIO"))
            await context.FailStopAsync(place, "error", cancellation);
        var ended = Stopwatch.GetElapsedTime(started);
        await context.Load.ServedAsync(context.Bound, cancellation);
        context.Cluster.Start(place);
        return new FaultReport($"{context.Cluster.Name(place)}, ended after {ended.TotalSeconds:0.0} s", due);
    }
}

/// <summary>A store's disk fills up under load: what notices first is a write, a flush or a compaction.</summary>
internal sealed class FullDisk() : Fault("full-disk")
{
    // Files are made longer in advance: until the disk is needed, a lot has to be written.
    private const int LargeValue = 64 * 1024;

    // Some more than a store holds in memory before it goes to a file.
    private const double MaxRoom = 48;

    private static readonly TimeSpan Refill = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public override string Description =>
        "the disk of one store fills up; it must end with 70 at once, not start while there is no room, and serve again";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var place = await context.VictimAsync(cancellation);
        var (disk, size, due) = (context.DiskIn(place), context.Load.ValueBytes, context.Now);
        // Often none at all.
        var room = context.Random.Next(3) == 0 ? 0 : (long)(1024 * 1024 * MaxRoom * context.Random.NextDouble());
        var started = Stopwatch.GetTimestamp();
        context.Load.ValueBytes = LargeValue;
        try
        {
            await disk.FillAsync(room);
            await context.FailStopAsync(place, "was full", cancellation);
        }
        finally
        {
            context.Load.ValueBytes = size;
        }
        var ended = Stopwatch.GetElapsedTime(started);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await disk.FillAsync();
        await StartInVainAsync(context, place, cancellation);
        disk.Free();
        context.Cluster.Start(place);
        return new FaultReport(
            $"{context.Cluster.Name(place)}, {room / 1024 / 1024} MiB of room, ended after {ended.TotalSeconds:0.0} s", due);
    }

    // A supervisor starts it again before anybody has made room.
    private static async Task StartInVainAsync(CampaignContext context, int place, CancellationToken cancellation)
    {
        context.Cluster.Start(place);
        try
        {
            var end = context.Cluster.EndAsync(place, context.Bound, cancellation);
            // A start deletes files that are of no use any more: that room is taken, too.
            while (await Task.WhenAny(end, Task.Delay(Refill, cancellation)) != end) await context.DiskIn(place).FillAsync();
            var ended = await end;
            if (ended.Code is not (1 or 70))
                throw new TinyKvException(
                    $"{context.Cluster.Name(place)} ended with {ended.Code} on a full disk: {ended.LastComplaint}");
        }
        catch (TimeoutException e)
        {
            throw new TinyKvException($"{context.Cluster.Name(place)} still runs on a full disk", e);
        }
    }
}
