using System.Text.Json.Nodes;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>
/// A follower comes back with less than it has acknowledged. It must end with 70 and a cause while the others continue, and
/// serves again with the files that it had.
/// </summary>
internal abstract class LostData(string name, string cause) : Fault(name)
{
    // By then the leader has heard of everything that was written before, and has told clients.
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (cluster, due, kills) = (context.Cluster, context.Now, 0);
        var leaders = await cluster.LeadersAsync(cancellation);
        var place = context.Another([.. leaders.Select(leader => leader.Place)]);
        var data = cluster.DataOf(place);
        var kept = $"{context.DiskIn(place).Path}-kept";

        await using var client = await cluster.ConnectAsync(context.Bound);
        do
        {
            if (kills++ > 0)
            {
                cluster.Start(place);
                await cluster.ReadyAsync(context.Bound, cancellation);
            }
            leaders = await cluster.LeadersAsync(cancellation);
            await RememberAsync(context, place, cancellation);
            await WriteToPlacementAsync(context, client, place, cancellation);
            await Task.Delay(Work, cancellation);
            await cluster.KillAsync(place);
        }
        while (!CanDamage(data) || !leaders.SequenceEqual(await cluster.LeadersAsync(cancellation)));
        CopyDirectory(data, kept);
        Damage(data);
        cluster.Start(place);
        try
        {
            await context.FailStopAsync(place, cause, cancellation);
        }
        finally
        {
            // A new leader does not know what the store had acknowledged, and would not end it.
            RequireSame(leaders, await cluster.LeadersAsync(cancellation));
        }
        await context.Load.ServedAsync(context.Bound, cancellation);
        PutBack(kept, data);
        cluster.Start(place);
        return new FaultReport(context.Cluster.Name(place), due, kills);
    }

    // The load writes to the other region. One that had lost nothing would go on with the damaged files, and what it
    // acknowledges then is not in those that the store gets back.
    private static async Task WriteToPlacementAsync(
        CampaignContext context, TinyKvClient client, int place, CancellationToken cancellation) =>
        await client.Admin.SetLabelsAsync(context.Cluster.StoreIn(place).Id,
            new Dictionary<string, string> { ["written"] = $"{context.Now}" }, cancellation: cancellation);

    // What the store promised on the damaged files is forgotten with them. As long as no region has a new leader that is
    // nothing: it cast no vote, and acknowledged no entry that the files it gets back lack.
    private static void RequireSame(IReadOnlyList<RegionLeader> before, IReadOnlyList<RegionLeader> now)
    {
        if (!before.SequenceEqual(now))
            throw new TinyKvException($"invalid: the leaders {string.Join(", ", before)} are {string.Join(", ", now)} now, "
                + "and the store may have promised them what it does not have with the files that it gets back");
    }

    /// <summary>Takes note of the files as they are now.</summary>
    protected abstract Task RememberAsync(CampaignContext context, int place, CancellationToken cancellation);

    /// <summary>Whether what was noted is still enough to make the files as they were then.</summary>
    protected virtual bool CanDamage(string data) => true;

    /// <summary>Makes the files of a store that does not run as they were then.</summary>
    protected abstract void Damage(string data);

    /// <summary>Gives a store that does not run the files that were kept for it.</summary>
    protected abstract void PutBack(string kept, string data);

    /// <summary>Copies a directory with all that is in it.</summary>
    protected static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}

/// <summary>The write-ahead logs lose their ends.</summary>
internal sealed class LostTail() : LostData("lost-tail", cause: "lost")
{
    private readonly Dictionary<string, long> _lengths = [];

    /// <inheritdoc/>
    public override string Description =>
        "kill -9 of a follower, and the write-ahead logs of journal and engine lose what was last written; it must end with 70";

    /// <inheritdoc/>
    protected override Task RememberAsync(CampaignContext context, int place, CancellationToken cancellation)
    {
        _lengths.Clear();
        foreach (var log in LogsIn(context.Cluster.DataOf(place))) _lengths[log] = new FileInfo(log).Length;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    // RocksDB knows the length of a log that it has left for a new one: to cut that one off is damage of another kind.
    protected override bool CanDamage(string data) => LogsIn(data).All(_lengths.ContainsKey);

    /// <inheritdoc/>
    protected override void Damage(string data)
    {
        foreach (var log in LogsIn(data))
        {
            using var file = File.OpenWrite(log);
            // SQLite starts over in the same file: what is there now may all be newer.
            var kept = log.EndsWith("-wal", StringComparison.Ordinal) ? 0 : _lengths.GetValueOrDefault(log);
            file.SetLength(Math.Min(file.Length, kept));
        }
    }

    /// <inheritdoc/>
    protected override void PutBack(string kept, string data)
    {
        // That it was started since then must not be forgotten: the others have heard of it.
        foreach (var directory in Directory.GetDirectories(kept))
        {
            var files = Path.Combine(data, Path.GetFileName(directory));
            Directory.Delete(files, recursive: true);
            CopyDirectory(directory, files);
        }
        Directory.Delete(kept, recursive: true);
        ForgetLoss(Path.Combine(data, "identity.json"));
    }

    // With all its files the store has lost nothing, and no term has begun since.
    private static void ForgetLoss(string identity)
    {
        var content = JsonNode.Parse(File.ReadAllText(identity))!;
        if (content["lost"]!.GetValue<string>().Length == 0)
            throw new TinyKvException($"{identity} does not say what was lost: the store would start again on it");
        content["lost"] = "";
        File.WriteAllText(identity, content.ToJsonString());
    }

    private static IEnumerable<string> LogsIn(string data) =>
        Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Where(file =>
            file.EndsWith(".log", StringComparison.Ordinal) || file.EndsWith("-wal", StringComparison.Ordinal));
}

/// <summary>The data directory is replaced by an earlier copy.</summary>
internal sealed class OldCopy() : LostData("old-copy", cause: "old copy")
{
    private string _copy = "";

    /// <inheritdoc/>
    public override string Description => "a follower is started from an earlier copy of its data directory; it must end with 70";

    /// <inheritdoc/>
    protected override async Task RememberAsync(CampaignContext context, int place, CancellationToken cancellation)
    {
        _copy = $"{context.DiskIn(place).Path}-copy";
        await context.Cluster.KillAsync(place);
        CopyDirectory(context.Cluster.DataOf(place), _copy);
        context.Cluster.Start(place);
        await context.Cluster.ReadyAsync(context.Bound, cancellation);
    }

    /// <inheritdoc/>
    protected override void Damage(string data)
    {
        Directory.Delete(data, recursive: true);
        CopyDirectory(_copy, data);
        Directory.Delete(_copy, recursive: true);
    }

    /// <inheritdoc/>
    protected override void PutBack(string kept, string data)
    {
        Directory.Delete(data, recursive: true);
        CopyDirectory(kept, data);
        Directory.Delete(kept, recursive: true);
    }
}
