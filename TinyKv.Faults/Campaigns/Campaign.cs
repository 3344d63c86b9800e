using System.Diagnostics;
using System.Globalization;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;
using TinyKv.Faults.Workload;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>
/// Does one fault after the other to three store processes under load. Before each fault they must serve, after each
/// they must serve again within the bound, and at the end the history of every key must be linearizable.
/// </summary>
internal sealed class Campaign(CampaignOptions options, CampaignReport report)
{
    private const int Places = 3;
    private const int DiskMegabytes = 1024;
    private const int MinPerSecond = 100;
    private const int FaultsBetweenSizes = 20;

    // About the least there may be: a snapshot takes long enough that something can happen to it.
    private const string Settings = "tinykv.snapshots.bytes-per-second = 13MiB";

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(25);

    private readonly Random _random = new(options.Seed);
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>What the clients saw.</summary>
    public LoadHistory History { get; } = new();

    private bool IsDone => report.Kills >= options.Kills && Stopwatch.GetElapsedTime(_started) >= options.Time
        && report.Kinds == options.Kinds.Count;

    /// <summary>Runs to the end, or to the first failure, which is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var network = await Network.CreateAsync(Places);
        var disks = new List<Disk>();
        for (var place = 1; place <= Places; place++)
            disks.Add(await Disk.CreateAsync(Path.Combine(options.Directory, $"disk-{place}"),
                Path.Combine(options.Directory, $"place-{place}"), DiskMegabytes));
        await RunClusterAsync(network, disks, cancellation);
        foreach (var disk in disks) await disk.UnmountAsync();
    }

    private async Task RunClusterAsync(Network network, List<Disk> disks, CancellationToken cancellation)
    {
        var layout = new StoreLayout(
            "campaign", [.. Enumerable.Range(0, Places).Select(i => StoreAddress.Default(Network.Host(i + 1), i))],
            options.Journal, Settings);
        await using var cluster = new ProcessCluster(layout, options.Program, options.Directory,
            place => Path.Combine(disks[place - 1].Path, "data"), Network.Enter);
        cluster.StartMissing();
        try
        {
            await cluster.ReadyAsync(StartBound, cancellation);
            var ballast = new Ballast(options.Seed);
            await using (var client = await cluster.ConnectAsync(StartBound)) await ballast.WriteAsync(client, cancellation);
            await using var load = await Load.StartAsync(
                cluster, History, "key-", options.Clients, Rest, _random.Next());
            await RunFaultsAsync(new CampaignContext(
                cluster, network, disks, load, ballast, _random, options.Bound, options.LongestPause), cancellation);
            await load.StopAsync();
            await Load.ReadAllAsync(cluster, History, History.Keys, cancellation);
            await using (var client = await cluster.ConnectAsync(StartBound)) await ballast.VerifyAsync(client, cancellation);
        }
        catch (Exception e) when (e is TinyKvException or TinyKv.Client.TinyKvClientException)
        {
            report.Fail(e.Message, cluster.Logs(lines: 40));
        }
        finally
        {
            // What the clients saw is worth a look however it ended.
            report.Check(History, History.Keys, CheckLimit);
        }
        if (report.Failed) throw new TinyKvException("the campaign has failed");
    }

    private async Task RunFaultsAsync(CampaignContext context, CancellationToken cancellation)
    {
        await SteadyAsync(context, "before the first fault", cancellation);
        foreach (var fault in FaultKinds.Deal(options.Kinds, _random).TakeWhile(_ => !IsDone))
        {
            await RunFaultAsync(context, fault, cancellation);
            await CheckRetiredAsync(context, cancellation);
            if (report.Faults % FaultsBetweenSizes == 0)
                report.Sizes(History.Keys.Count, context.Disks.Select(disk => disk.Used));
        }
    }

    // However long the campaign is, it keeps as much: what is old is checked, and forgotten.
    private async Task CheckRetiredAsync(CampaignContext context, CancellationToken cancellation)
    {
        var keys = context.Load.TakeRetiredKeys();
        await Load.ReadAllAsync(context.Cluster, History, keys, cancellation);
        report.Check(History, keys, CheckLimit);
        if (report.Failed) throw new TinyKvException("what the clients saw cannot be");
        History.Forget(keys);
        await Load.DeleteAllAsync(context.Cluster, keys, cancellation);
    }

    private async Task RunFaultAsync(CampaignContext context, Fault fault, CancellationToken cancellation)
    {
        report.Begin(fault);
        History.ForgetWrites(context.Now);
        try
        {
            var done = await fault.RunAsync(context, cancellation);
            var healed = context.Now;
            await context.Load.ServedAsync(options.Bound, cancellation);
            var pause = TimeSpan.FromMicroseconds(History.LongestPause(done.ServiceDue, context.Now));
            // A majority that has to be started first has the time that starting takes.
            var limit = fault.StartsMajority ? options.Bound : options.PauseBound;
            if (pause > limit)
                throw new TinyKvException(string.Create(CultureInfo.InvariantCulture,
                    $"no write was served for {pause.TotalSeconds:0.0} s, at most {limit.TotalSeconds} s are right"));
            await context.Cluster.ReadyAsync(options.Bound, cancellation);
            await SteadyAsync(context, $"after {fault.Name}", cancellation);
            report.Done(fault, done, pause, TimeSpan.FromMicroseconds(context.Now - healed));
        }
        catch (TinyKvException e)
        {
            throw new TinyKvException($"{fault.Name}: {e.Message}", e);
        }
    }

    /// <summary>A fault in a cluster that hardly does anything proves nothing.</summary>
    private async Task SteadyAsync(CampaignContext context, string when, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var (before, at) = (History.Answered, Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            var rate = (History.Answered - before) / Stopwatch.GetElapsedTime(at).TotalSeconds;
            if (await context.Cluster.EndedByItselfAsync() is { } ended) throw new TinyKvException(ended);
            if (context.Load.Failure is { } failure) throw new TinyKvException($"a client failed: {failure}");
            if (rate >= MinPerSecond) return;
            if (Stopwatch.GetElapsedTime(started) > options.Bound)
                throw new TinyKvException(string.Create(CultureInfo.InvariantCulture,
                    $"invalid: {rate:0} operations/s {when}, at least {MinPerSecond} are needed"));
        }
    }
}
