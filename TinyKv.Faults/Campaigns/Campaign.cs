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
    private const int Stores = 3;
    private const int DiskMegabytes = 1024;

    // Logs of a cluster are never cut yet, so a long campaign continues with a new cluster now and then.
    private const int FaultsPerCluster = 60;

    private const int MinPerSecond = 100;

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(25);

    private readonly Random _random = new(options.Seed);
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Runs to the end, or to the first failure, which is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var network = await Network.CreateAsync(Stores);
        var faults = FaultKinds.Deal(options.Kinds, _random).GetEnumerator();
        for (var round = 1; !IsDone; round++)
        {
            var directory = Path.Combine(options.Directory, $"{round}");
            Directory.CreateDirectory(directory);
            var disks = new List<Disk>();
            for (var store = 1; store <= Stores; store++)
                disks.Add(await Disk.CreateAsync(Path.Combine(directory, $"disk-{store}"),
                    Path.Combine(directory, $"store-{store}"), DiskMegabytes));
            await RunClusterAsync(round, directory, network, disks, faults, cancellation);
            foreach (var disk in disks) await disk.UnmountAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private bool IsDone => report.Kills >= options.Kills && Stopwatch.GetElapsedTime(_started) >= options.Time
        && report.Kinds == options.Kinds.Count;

    private async Task RunClusterAsync(
        int round, string directory, Network network, List<Disk> disks, IEnumerator<Fault> faults,
        CancellationToken cancellation)
    {
        var layout = new StoreLayout(
            $"campaign-{round}",
            [.. Enumerable.Range(0, Stores).Select(i => StoreAddress.Default(Network.Host(i + 1), i))], options.Journal);
        await using var cluster = new ProcessCluster(layout, options.Program, directory,
            store => Path.Combine(disks[store - 1].Path, "data"), Network.Enter);
        cluster.StartMissing();
        var history = new LoadHistory();
        try
        {
            await cluster.ReadyAsync(StartBound, cancellation);
            await using var load = await Load.StartAsync(
                layout, history, "key-", options.Clients, Rest, _random.Next());
            var context = new CampaignContext(
                cluster, network, disks, load, _random, options.Bound, options.LongestPause);
            await SteadyAsync(context, "before the first fault", cancellation);
            for (var i = 0; i < FaultsPerCluster && !IsDone && faults.MoveNext(); i++)
                await RunFaultAsync(context, faults.Current, cancellation);
            await load.StopAsync();
            await Load.ReadAllAsync(layout, history, history.Keys, cancellation);
        }
        catch (Exception e) when (e is TinyKvException or TinyKv.Client.TinyKvClientException)
        {
            report.Fail(e.Message, cluster.Logs(lines: 40));
        }
        finally
        {
            // What the clients saw is worth a look however it ended.
            report.Check(history, CheckLimit);
        }
        if (report.Failed) throw new TinyKvException("the campaign has failed");
    }

    private async Task RunFaultAsync(CampaignContext context, Fault fault, CancellationToken cancellation)
    {
        report.Begin(fault);
        try
        {
            var done = await fault.RunAsync(context, cancellation);
            var healed = context.Now;
            await context.Load.ServedAsync(options.Bound, cancellation);
            var pause = TimeSpan.FromMicroseconds(context.Load.History.LongestPause(done.ServiceDue, context.Now));
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
            var (before, at) = (context.Load.History.Answered, Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            var rate = (context.Load.History.Answered - before) / Stopwatch.GetElapsedTime(at).TotalSeconds;
            if (await context.Cluster.EndedByItselfAsync() is { } ended) throw new TinyKvException(ended);
            if (context.Load.Failure is { } failure) throw new TinyKvException($"a client failed: {failure}");
            if (rate >= MinPerSecond) return;
            if (Stopwatch.GetElapsedTime(started) > options.Bound)
                throw new TinyKvException(string.Create(CultureInfo.InvariantCulture,
                    $"invalid: {rate:0} operations/s {when}, at least {MinPerSecond} are needed"));
        }
    }
}
