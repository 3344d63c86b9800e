using System.Diagnostics;

namespace TinyKv.Tests.Clusters;

/// <summary>Waits for what other processes do, with a deadline that only a failure reaches.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    public static async Task<T> Gets<T>(string what, Func<Task<T?>> probe) where T : class
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await probe() is { } result) return result;
            if (Stopwatch.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"{what}: not within {Deadline.TotalSeconds} s");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    public static Task Holds(string what, Func<bool> condition) =>
        Gets(what, () => Task.FromResult(condition() ? what : null));
}
