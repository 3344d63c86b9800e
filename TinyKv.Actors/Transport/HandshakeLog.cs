using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;
using TinyKv.Core.Regions;
using TinyKv.Protocol;

namespace TinyKv.Actors.Transport;

/// <summary>
/// What a handshake logs of others, within limits: others decide how often they come, and in part what they say.
/// </summary>
internal sealed class HandshakeLog(ILoggingAdapter log, ITimeProvider clock)
{
    // A start takes a moment; only one that takes longer is worth a line.
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WaitInterval = TimeSpan.FromSeconds(10);

    private readonly LogLimit _limit = new(clock);
    private readonly Dictionary<StoreId, string> _refused = [];
    private TimeSpan _quietUntil = clock.MonotonicClock + FirstWait;

    /// <summary>A store of the configuration is refused, or refuses this one; it comes again and again.</summary>
    public void Refused(StoreId store, string text)
    {
        if (_refused.ContainsValue(text)) return;
        _refused[store] = text;
        _limit.Warning(log, "refused", "{Reason}", text);
    }

    /// <summary>Somebody who is not where a store is configured to be.</summary>
    public void Stranger(Address from, string text) =>
        _limit.Warning(log, "stranger", "Refused {Address}: {Reason}", ForeignText.Line($"{from}"), text);

    /// <summary>The cluster is not formed yet.</summary>
    public void Waiting(string forWhom)
    {
        if (clock.MonotonicClock < _quietUntil) return;
        _quietUntil = clock.MonotonicClock + WaitInterval;
        log.Info("Waiting for {Stores}", forWhom);
    }
}
