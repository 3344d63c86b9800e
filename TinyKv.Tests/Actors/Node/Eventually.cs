using System.Runtime.CompilerServices;

namespace TinyKv.Tests.Actors.Node;

/// <summary>How long a test waits for what must happen, on a busy machine.</summary>
internal static class Timeouts
{
    public static CancellationToken Long => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
}

/// <summary>Waits for a condition that no message tells of.</summary>
internal static class Eventually
{
    public static async Task<T> Async<T>(
        Func<Task<T?>> probe, [CallerArgumentExpression(nameof(probe))] string? what = null) where T : class
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (Environment.TickCount64 < deadline)
        {
            if (await probe() is { } found) return found;
            await Task.Delay(20);
        }
        throw new TimeoutException($"did not happen: {what}");
    }

    public static Task True(Func<bool> probe, [CallerArgumentExpression(nameof(probe))] string? what = null) =>
        Async(() => Task.FromResult(probe() ? "" : null), what);
}
