using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using TinyKv.Faults.Workload;

namespace TinyKv.Faults.Campaigns;

/// <summary>Counts and prints what a campaign did.</summary>
internal sealed class CampaignReport(IAnsiConsole console)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, List<(TimeSpan Pause, TimeSpan Recovery)>> _done = [];
    private Fault? _begun;
    private long _keys;

    /// <summary>How many processes were killed.</summary>
    public int Kills { get; private set; }

    /// <summary>How many faults were done.</summary>
    public int Faults => _done.Values.Sum(each => each.Count);

    /// <summary>How many kinds of faults were done.</summary>
    public int Kinds => _done.Count;

    /// <summary>Whether anything was not as it must be.</summary>
    public bool Failed { get; private set; }

    /// <summary>A fault begins.</summary>
    public void Begin(Fault fault) => _begun = fault;

    /// <summary>A fault is over, and everything is well again.</summary>
    public void Done(Fault fault, FaultReport report, TimeSpan pause, TimeSpan recovery)
    {
        if (!_done.TryGetValue(fault.Name, out var done)) _done[fault.Name] = done = [];
        done.Add((pause, recovery));
        Kills += report.Kills;
        _begun = null;
        Line($"{Seconds}  {fault.Name,-17}" +
            $" pause {Text(pause),6}  well after {Text(recovery),6}  {report.Details}");
    }

    /// <summary>Something went wrong.</summary>
    public void Fail(string message, string logs)
    {
        Failed = true;
        Line(logs);
        Line($"FAILED{(_begun is { } fault ? $" in {fault.Name}" : "")}: {message}");
    }

    /// <summary>Checks what the clients saw of some keys, each of which is checked once.</summary>
    public void Check(LoadHistory history, IReadOnlyCollection<string> keys, TimeSpan limit)
    {
        var anomalies = history.Check(limit, keys);
        _keys += keys.Count;
        foreach (var anomaly in anomalies) Line($"NOT LINEARIZABLE: {anomaly}");
        Failed |= anomalies.Count > 0;
    }

    /// <summary>What the campaign takes of the machine, which must not grow with the time.</summary>
    /// <param name="kept">How many keys have histories.</param>
    /// <param name="disks">How many bytes are in use on each disk.</param>
    public void Sizes(int kept, IEnumerable<long> disks) => Line(
        $"{Seconds}  after {Faults} faults: {Environment.WorkingSet >> 20} MiB of memory, "
        + $"{GC.GetTotalMemory(forceFullCollection: true) >> 20} of them in use, with the histories of {kept} keys; "
        + $"{string.Join(", ", disks.Select(used => $"{used >> 20}"))} MiB on the disks");

    /// <summary>The numbers of the whole campaign.</summary>
    public void Summarize(LoadHistory history)
    {
        Line($"checked {history.Answered} operations and {history.Unknown} unknown outcomes of {_keys} keys");
        foreach (var client in history.Mix) Line($"  {client}");
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("fault", "done", "pause p50", "p99", "longest", "well again, longest");
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        foreach (var (name, done) in _done.OrderBy(pair => pair.Key, StringComparer.Ordinal)) Row(table, name, done);
        Row(table, "all", [.. _done.Values.SelectMany(each => each)]);
        console.Write(table);
        Line($"{Faults} faults, {Kills} kills, {history.Answered + history.Unknown} operations checked in " +
            $"{Stopwatch.GetElapsedTime(_started).TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture)} min: " +
            (Failed ? "FAILED" : "no anomaly"));
    }

    private static void Row(Table table, string name, List<(TimeSpan Pause, TimeSpan Recovery)> done)
    {
        if (done.Count == 0) return;
        var pauses = done.Select(each => each.Pause).Order().ToList();
        table.AddRow(name, $"{done.Count}", Text(At(0.5)), Text(At(0.99)), Text(pauses[^1]),
            Text(done.Max(each => each.Recovery)));

        TimeSpan At(double share) => pauses[(int)Math.Ceiling(share * pauses.Count) - 1];
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    private string Seconds => string.Create(
        CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:0} s");

    private void Line(string text) => console.Profile.Out.Writer.WriteLine(text);
}
