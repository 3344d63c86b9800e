using System.Text.Json;
using Spectre.Console;
using TinyKv.Benchmarks.Load;

namespace TinyKv.Benchmarks.Compare;

/// <summary>Medians over rounds, and their ratios to the first system.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>One measurement in one line.</summary>
    public static string Line(Measurement measurement)
    {
        var ms = measurement.Milliseconds;
        var errors = measurement.Errors.Count == 0 ? "" :
            ", errors: " + string.Join(", ", measurement.Errors.Select(error => $"{error.Value} {error.Key}"));
        return $"{measurement.KeysPerSecond:0} keys/s, p50 {ms["p50"]:0.00} ms, p99 {ms["p99"]:0.00} ms, "
            + $"max {ms["max"]:0.0} ms, servers {measurement.ServerMicrosecondsPerKey:0} µs/key, "
            + $"generator {measurement.ClientMicrosecondsPerOperation:0} µs/operation{ByKind(measurement)}{errors}";
    }

    private static string ByKind(Measurement measurement) => string.Concat(measurement.MillisecondsByKind.Select(
        kind => $", {kind.Key} p50 {kind.Value["p50"]:0.00} ms p99 {kind.Value["p99"]:0.00} ms"));

    /// <summary>The table.</summary>
    public static Table Table(IReadOnlyCollection<Series> series)
    {
        var table = new Table().Border(TableBorder.Simple);
        string[] titles =
            ["load", "system", "client", "keys/s", "p50 ms", "p99 ms", "CPU µs/key", "errors", "ratio"];
        foreach (var title in titles)
            table.AddColumn(new TableColumn(title).NoWrap());
        foreach (var lines in series.GroupBy(line => line.Scenario))
        {
            var basis = lines.First();
            foreach (var line in lines)
            {
                table.AddRow(
                    line.Scenario.Name, line.System, line.Client, $"{Median(line, m => m.KeysPerSecond):0}",
                    $"{Median(line, m => m.Milliseconds["p50"]):0.00}", $"{Median(line, m => m.Milliseconds["p99"]):0.00}",
                    $"{Median(line, m => m.ServerMicrosecondsPerKey):0}",
                    $"{line.Rounds.Sum(m => m.Errors.Values.Sum())}",
                    line == basis ? "" : $"{Ratio(basis, line):0.00}x");
            }
        }
        return table;
    }

    /// <summary>Everything that was measured, for programs.</summary>
    public static string ToJson(IReadOnlyCollection<Series> series) => JsonSerializer.Serialize(
        series.Select(line => new { line.System, line.Client, Load = line.Scenario.Name, line.Rounds }), Json);

    // Of throughput for many clients, of the median latency for one: above 1 is more, not better.
    private static double Ratio(Series basis, Series line)
    {
        Func<Measurement, double> number = line.Scenario.IsThroughput
            ? measurement => measurement.KeysPerSecond : measurement => measurement.Milliseconds["p50"];
        return Median(line, number) / Median(basis, number);
    }

    private static double Median(Series line, Func<Measurement, double> number)
    {
        var ordered = line.Rounds.Select(number).Order().ToList();
        var middle = ordered.Count / 2;
        return ordered.Count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
    }
}
