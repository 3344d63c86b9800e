using Akka.Actor;
using Akka.Event;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport;

/// <summary>
/// What a handshake logs of others, within limits: others decide how often they come, and in part what they say.
/// </summary>
internal sealed class HandshakeLog(ILoggingAdapter log, ITimeProvider clock, TimeSpan interval)
{
    private const int MostStrangers = 1024;

    // A start takes a moment; only one that takes longer is worth a line.
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);

    private readonly Dictionary<StoreId, (string Text, TimeSpan Until)> _refused = [];
    private readonly HashSet<Address> _strangers = [];
    private TimeSpan _quietUntil = clock.MonotonicClock + FirstWait;

    /// <summary>A store of the configuration is refused, or refuses this one.</summary>
    public void Refused(StoreId store, string text)
    {
        var now = clock.MonotonicClock;
        if (_refused.Values.Any(last => last.Text == text) || _refused.GetValueOrDefault(store).Until > now) return;
        _refused[store] = (text, now + interval);
        log.Warning("{Reason}", text);
    }

    /// <summary>Somebody who is not where a store is configured to be.</summary>
    public void Stranger(Address from, string text)
    {
        if (_strangers.Count < MostStrangers && _strangers.Add(from)) log.Warning("Refused {Address}: {Reason}", from, text);
    }

    /// <summary>The cluster is not formed yet.</summary>
    public void Waiting(string forWhom)
    {
        if (clock.MonotonicClock < _quietUntil) return;
        _quietUntil = clock.MonotonicClock + interval;
        log.Info("Waiting for {Stores}", forWhom);
    }
}
