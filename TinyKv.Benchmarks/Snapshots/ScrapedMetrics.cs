using System.Globalization;
using System.Text.RegularExpressions;

namespace TinyKv.Benchmarks.Snapshots;

/// <summary>What stores say at <c>/metrics</c> at one moment.</summary>
internal sealed partial class ScrapedMetrics
{
    private readonly Dictionary<(string Name, string Labels), double> _values = [];

    /// <summary>Asks them.</summary>
    /// <param name="endpoints">host:port of their status ports.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ScrapedMetrics> OfAsync(IEnumerable<string> endpoints, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        var metrics = new ScrapedMetrics();
        foreach (var endpoint in endpoints)
            metrics.Add(await http.GetStringAsync(new Uri($"http://{endpoint}/metrics"), cancellation));
        return metrics;
    }

    /// <summary>A number, summed over its labels.</summary>
    public double Sum(string name) => _values.Where(value => value.Key.Name == name).Sum(value => value.Value);

    /// <summary>
    /// The least bound in seconds that so large a part of what a histogram took since an earlier moment is within; of the labels
    /// that were there then. Not a number when it took nothing.
    /// </summary>
    public double BoundOf(string histogram, double part, ScrapedMetrics earlier)
    {
        var buckets = _values
            .Where(value => value.Key.Name == $"{histogram}_bucket" && earlier._values.ContainsKey(value.Key))
            .GroupBy(value => Number(Bound().Match(value.Key.Labels).Groups["bound"].Value),
                value => value.Value - earlier._values[value.Key])
            .Select(values => (Bound: values.Key, Count: values.Sum())).OrderBy(bucket => bucket.Bound).ToList();
        return buckets is [.., { Count: > 0 and var all }]
            ? buckets.First(bucket => bucket.Count >= part * all).Bound : double.NaN;
    }

    private void Add(string page)
    {
        foreach (Match line in Line().Matches(page))
        {
            var key = (line.Groups["name"].Value, line.Groups["labels"].Value);
            _values[key] = _values.GetValueOrDefault(key) + Number(line.Groups["value"].Value);
        }
    }

    private static double Number(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>[-+.\w]+)", RegexOptions.Multiline, 5000)]
    private static partial Regex Line();

    [GeneratedRegex(@"\ble=""(?<bound>[^""]*)""", RegexOptions.None, 5000)]
    private static partial Regex Bound();
}
