using System.Diagnostics;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Telemetry;

/// <summary>How long followers take to answer a leader's heartbeats. One that is lost counts as answered by the answer to a
/// later one.</summary>
/// <param name="answered">Told how long it took, for each heartbeat.</param>
internal sealed class HeartbeatTimes(Action<PeerId, TimeSpan> answered)
{
    // Who is away answers none; the oldest are kept, since they say for how long.
    private const int MaxUnanswered = 64;

    private readonly Dictionary<PeerId, Queue<(long Round, long SentAt)>> _unanswered = [];

    /// <summary>A heartbeat leaves.</summary>
    public void Sending(PeerId follower, long round)
    {
        if (!_unanswered.TryGetValue(follower, out var sent)) _unanswered[follower] = sent = new();
        if (sent.Count < MaxUnanswered) sent.Enqueue((round, Stopwatch.GetTimestamp()));
    }

    /// <summary>An answer has arrived.</summary>
    public void Heard(PeerId follower, long round)
    {
        if (!_unanswered.TryGetValue(follower, out var sent)) return;
        while (sent.TryPeek(out var oldest) && oldest.Round <= round)
            answered(follower, Stopwatch.GetElapsedTime(sent.Dequeue().SentAt));
    }

    /// <summary>No answer counts any more: this member does not lead.</summary>
    public void Clear() => _unanswered.Clear();
}
