using System.Globalization;

namespace TinyKv.Benchmarks.Load;

/// <summary>What processes have used of the processors, from <c>/proc</c>.</summary>
internal static class ProcessorTime
{
    // The unit of /proc is fixed at a hundredth of a second on all that Linux calls user space.
    private const double TicksPerSecond = 100;
    private const int UserTime = 11;
    private const int SystemTime = 12;

    /// <summary>User and system time of processes that run, summed.</summary>
    public static TimeSpan Of(IEnumerable<int> processIds) =>
        TimeSpan.FromSeconds(processIds.Sum(Ticks) / TicksPerSecond);

    private static long Ticks(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // The second field is the program's name in parentheses and may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return Number(fields[UserTime]) + Number(fields[SystemTime]);
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
