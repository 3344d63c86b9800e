using System.Globalization;

namespace TinyKv.Benchmarks.Idle;

/// <summary>What a thread has used so far.</summary>
/// <param name="Name">As the kernel knows it: at most 15 characters.</param>
/// <param name="Time">On a processor.</param>
/// <param name="Switches">How often it stopped running, by itself or because others wanted to.</param>
internal readonly record struct ThreadSample(string Name, TimeSpan Time, long Switches);

/// <summary>The threads of a process, from <c>/proc</c>.</summary>
internal static class ProcessThreads
{
    /// <summary>What each thread that runs has used, by its number.</summary>
    public static Dictionary<int, ThreadSample> Of(int processId)
    {
        var samples = new Dictionary<int, ThreadSample>();
        foreach (var directory in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            try
            {
                samples[int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture)] = Read(directory);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return samples;
    }

    private static ThreadSample Read(string directory)
    {
        var nanoseconds = Number(File.ReadAllText(Path.Combine(directory, "schedstat")).Split(' ')[0]);
        var switches = File.ReadLines(Path.Combine(directory, "status"))
            .Where(line => line.Contains("_ctxt_switches:", StringComparison.Ordinal))
            .Sum(line => Number(line[(line.IndexOf(':') + 1)..]));
        var name = File.ReadAllText(Path.Combine(directory, "comm")).TrimEnd();
        return new ThreadSample(name, TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick), switches);
    }

    private static long Number(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
}
