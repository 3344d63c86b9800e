using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;

namespace TinyKv.Actors.Regions;

/// <summary>Logs when a store becomes ready, and when it stops to be so while it runs.</summary>
/// <param name="board">The store's replicas.</param>
/// <param name="isEnding">Whether the store ends, so that it is no news that it is not ready.</param>
/// <param name="log">Where to.</param>
/// <param name="clock">The time, from the actor system's scheduler.</param>
internal sealed class ReadinessLog(ReplicaBoard board, Func<bool> isEnding, ILoggingAdapter log, ITimeProvider clock)
{
    private readonly LogLimit _limit = new(clock);
    private bool _saidReady;

    /// <summary>A replica has changed. For any number of threads.</summary>
    public void Observe()
    {
        lock (_limit)
        {
            var waiting = board.Views.Where(view => !view.IsReady).Select(view => view.Region.Id).ToList();
            if ((waiting.Count == 0) == _saidReady || isEnding()) return;
            if (_saidReady)
                log.Info("The store is not ready any more: without a leader, or behind: {Regions}", string.Join(", ", waiting));
            // This limits both kinds of lines, and the last one never says ready of a store that is not.
            else if (!_limit.Info(log, "ready", "The store is ready: it serves all its regions")) return;
            _saidReady = !_saidReady;
        }
    }
}
