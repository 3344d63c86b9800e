using TinyKv.Core;
using TinyKv.Faults.Sandbox;
using TinyKv.Faults.Workload;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>What a fault can reach. Stores are chosen by their places.</summary>
internal sealed record CampaignContext(
    ProcessCluster Cluster, Network Network, IReadOnlyList<Disk> Disks, Load Load, Ballast Ballast, Random Random,
    TimeSpan Bound, TimeSpan LongestPause)
{
    // The store's own deadline is 5 s; the machine is busy.
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(15);

    /// <summary>The time of the history.</summary>
    public long Now => Load.History.Now;

    /// <summary>The disk in a place.</summary>
    public Disk DiskIn(int place) => Disks[place - 1];

    /// <summary>A store that is none of <paramref name="these"/>.</summary>
    public int Another(params IReadOnlyCollection<int> these)
    {
        var others = Cluster.All.Except(these).ToList();
        return others[Random.Next(others.Count)];
    }

    /// <summary>The leader as often as not, since most happens there; otherwise any store.</summary>
    public async Task<int> VictimAsync(CancellationToken cancellation)
    {
        var leader = await Cluster.LeaderAsync(cancellation);
        return Random.Next(2) == 0 ? leader : Another();
    }

    /// <summary>A time between two others; short ones are as likely as long ones.</summary>
    public TimeSpan Draw(double minSeconds, double maxSeconds) => TimeSpan.FromSeconds(
        minSeconds * Math.Pow(maxSeconds / minSeconds, Random.NextDouble()));

    /// <summary>A store must end by itself, because it cannot continue, soon after it has noticed, and say why.</summary>
    /// <param name="place">Which.</param>
    /// <param name="cause">What its last line on standard error must name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvException">It did not, too late, with another code, or for another reason.</exception>
    public async Task FailStopAsync(int place, string cause, CancellationToken cancellation)
    {
        var ended = await EndAsync(place, 70, cause, cancellation);
        if (ended.Ending is { } took && took > EndBound)
            throw new TinyKvException($"{Cluster.Name(place)} took {took.TotalSeconds:0} s to end");
        if (!ended.LastComplaint.Contains("has ended itself", StringComparison.Ordinal))
            throw new TinyKvException($"{Cluster.Name(place)} ended without saying so: {ended.Complaints.Trim()}");
    }

    /// <summary>A store must end by itself with a code, and say why.</summary>
    /// <exception cref="TinyKvException">It did not, with another code, or for another reason.</exception>
    public async Task<EndedServer> EndAsync(int place, int code, string cause, CancellationToken cancellation)
    {
        try
        {
            var ended = await Cluster.EndAsync(place, Bound, cancellation);
            if (ended.Code == code && ended.LastComplaint.Contains(cause, StringComparison.Ordinal)) return ended;
            throw new TinyKvException(
                $"{Cluster.Name(place)} ended with {ended.Code} instead of {code}: {ended.Complaints.Trim()}");
        }
        catch (TimeoutException e)
        {
            throw new TinyKvException(
                $"{Cluster.Name(place)} still runs after {Bound.TotalSeconds} s, but should have ended itself", e);
        }
    }

    /// <summary>Waits for something until the bound.</summary>
    /// <exception cref="TinyKvException">It is not over then; says what was to be done.</exception>
    public Task WithinBoundAsync(string what, Func<CancellationToken, Task> run, CancellationToken cancellation) =>
        TimeBound.WithinAsync(Bound, what, run, cancellation);
}

/// <summary>What a fault did.</summary>
/// <param name="Details">For people.</param>
/// <param name="ServiceDue">From when on a majority could serve; the time without writes after it is the pause.</param>
/// <param name="Kills">How many processes were killed.</param>
internal sealed record FaultReport(string Details, long ServiceDue, int Kills = 0);

/// <summary>A kind of fault: it is done and, at the end, undone.</summary>
internal abstract class Fault(string name)
{
    /// <summary>Its name on the command line.</summary>
    public string Name => name;

    /// <summary>How often it is drawn, compared with others.</summary>
    public virtual int Weight => 1;

    /// <summary>Whether a majority of the stores is started again in it, so that until then nobody can serve.</summary>
    public virtual bool StartsMajority => false;

    /// <summary>What is done in it, for people.</summary>
    public abstract string Description { get; }

    /// <summary>Does it, waits, undoes it.</summary>
    public abstract Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation);
}
