namespace TinyKv.Benchmarks.Load;

/// <summary>Percentiles of few values.</summary>
internal static class Percentile
{
    /// <summary>What so large a part of the values does not exceed: one of them.</summary>
    public static TimeSpan At(this IEnumerable<TimeSpan> values, double part)
    {
        var ascending = values.Order().ToList();
        return ascending[(int)Math.Ceiling(part * ascending.Count) - 1];
    }

    /// <summary>The three that are told of pauses.</summary>
    public static string Text(this IReadOnlyCollection<TimeSpan> values) =>
        $"p50 {values.At(0.50).TotalMilliseconds:0} ms, p99 {values.At(0.99).TotalMilliseconds:0} ms, "
        + $"max {values.Max().TotalMilliseconds:0} ms";
}
