using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;

namespace TinyKv.Actors.Regions;

/// <summary>Logs when a store becomes ready, and when it is no longer ready while it runs.</summary>
/// <param name="table">The store's replicas.</param>
/// <param name="isEnding">Whether the store ends, so that it is no news that it is not ready.</param>
/// <param name="log">Where to.</param>
/// <param name="clock">The time, from the actor system's scheduler.</param>
/// <param name="schedule">Does something once after a time, as the actor system's scheduler does.</param>
internal sealed class ReadinessLog(
    RegionTable table, Func<bool> isEnding, ILoggingAdapter log, ITimeProvider clock, Action<TimeSpan, Action> schedule)
{
    private readonly LogLimit _limit = new(clock);
    private bool _saidReady;
    private bool _looksAgain;

    /// <summary>A replica has changed. For any number of threads.</summary>
    public void Observe()
    {
        lock (_limit)
        {
            var waiting = table.Views.Where(view => !view.IsReady).ToList();
            if ((waiting.Count == 0) == _saidReady || isEnding()) return;
            if (_saidReady)
                log.Info("The store is not ready any more: {Regions}", string.Join(", ", waiting.Select(Describe)));
            // This limits both kinds of lines, as they take turns.
            else if (!_limit.Info(log, "ready", "The store is ready: it serves all its regions"))
            {
                LookAgain();
                return;
            }
            _saidReady = !_saidReady;
        }
    }

    // Nothing may change any more, and the last line must not say that a ready store is not.
    private void LookAgain()
    {
        if (_looksAgain) return;
        _looksAgain = true;
        schedule(LogLimit.Minute, () =>
        {
            lock (_limit) _looksAgain = false;
            Observe();
        });
    }

    private static string Describe(ReplicaView view) => view switch
    {
        { Stopped: not null } => $"{view.Region.Id} has stopped",
        { Peer: null } => $"{view.Region.Id} recovers",
        { Peer.Leader: null } => $"{view.Region.Id} has no leader",
        _ => $"{view.Region.Id} is behind",
    };
}
