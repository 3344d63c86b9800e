using System.Diagnostics;

namespace TinyKv.Host.Cli;

/// <summary>Says what a command waits for, when it is long enough to be noticed.</summary>
internal sealed class WaitingNotice(Action<string> say)
{
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(1);

    // Reasons that follow each other within this time belong to one wait.
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _began;
    private long _heard;
    private long _said;
    private string _reason = "";

    /// <summary>Takes a reason; most are said to nobody. From any thread.</summary>
    public void Tell(string reason) => Tell(reason, Stopwatch.GetTimestamp());

    internal void Tell(string reason, long now)
    {
        lock (_lock)
        {
            if (_heard == 0 || Stopwatch.GetElapsedTime(_heard, now) > Gap) (_began, _reason) = (now, "");
            _heard = now;
            var isSoon = Stopwatch.GetElapsedTime(Math.Max(_began, _said), now) < Noticed;
            if (isSoon || string.Equals(reason, _reason, StringComparison.Ordinal)) return;
            (_said, _reason) = (now, reason);
            say($"tinykv: waiting: {reason}");
        }
    }
}
