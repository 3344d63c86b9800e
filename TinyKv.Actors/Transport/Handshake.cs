using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol;
using TinyKv.Protocol.Stores;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport;

/// <summary>
/// Introduces this store to the others and them to it, as <see cref="Introductions"/> decides. What follows from a decision
/// leaves when the decision is durable: answers, whom to listen to, and that the cluster is formed.
/// </summary>
internal sealed class Handshake : UntypedActor, IWithTimers, IWithUnboundedStash
{
    /// <summary>The actor's name; every store's handshake is at <c>/user/handshake</c>.</summary>
    public const string Name = "handshake";

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly HandshakeSpec _spec;
    private readonly Introductions _introductions;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HandshakeLog _said;
    private readonly HandshakeMetrics _metrics;
    private readonly Dictionary<StoreId, LinkWatch> _links = [];
    private readonly Dictionary<StoreId, ulong> _listening = [];
    private readonly Dictionary<StoreId, ulong> _greeted = [];
    private readonly List<(IActorRef To, Wire.StoreHelloReply Reply)> _replies = [];
    private StoreRecord _saved;
    private TimeSpan _pause = ShortestPause;
    private TimeSpan? _farewell;
    private bool _formed;
    private bool _ended;

    public Handshake(HandshakeSpec spec)
    {
        (_spec, _saved) = (spec, spec.Record);
        // A cluster of one is formed by this; for others it is as it was.
        _introductions = new Introductions(spec.Cluster, spec.Self, spec.Record, spec.Initial);
        (_said, _metrics) = (new HandshakeLog(_log, Context.System.Scheduler), new HandshakeMetrics(spec.Self));
        _introductions.Follow(spec.Registered());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <summary>What makes the actor.</summary>
    public static Props Props(HandshakeSpec spec) => Akka.Actor.Props.Create(() => new Handshake(spec));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Settle();
        GreetAll();
        ArmTimer();
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        // A new one would not know what this one has told the others.
        StoreFailed.Publish(Context.System, "the handshake has failed", reason);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Wire.StoreHello hello: Read(hello, () => Hear(HelloWire.FromWire(hello))); break;
            case Wire.StoreHelloReply reply: Read(reply, () => Hear(reply)); break;
            case Bootstrapped: _introductions.Bootstrapped(); break;
            case DataLost lost: _introductions.Lose(lost.Reason); break;
            case Tick: OnTick(); break;
            case StoresChanged: Follow(); break;
            case DescribeAcquaintance: Sender.Tell(Describe()); return;
            default: Unhandled(message); return;
        }
        Settle();
    }

    private void Saving(object message)
    {
        switch (message)
        {
            case Saved { Failure: null } saved:
                _saved = saved.Record;
                UnbecomeStacked();
                Stash.UnstashAll();
                Announce();
                break;
            case Saved failed:
                StoreFailed.Publish(Context.System, failed.Record.Lost is { Length: > 0 } lost
                    ? lost : "what the store knows of the others cannot be written", failed.Failure);
                break;
            case DescribeAcquaintance: Sender.Tell(Describe()); break;
            // They come again, and a disk may stand still for long while others say whatever they like.
            case Wire.StoreHello or Wire.StoreHelloReply: break;
            default: Stash.Stash(); break;
        }
    }

    // Whoever is new need not wait until it is its turn.
    private void Follow()
    {
        _introductions.Follow(_spec.Registered());
        foreach (var store in _listening.Keys.Where(store => _introductions.ContactOf(store) is null).ToList())
        {
            _listening.Remove(store);
            _links.Remove(store);
            _log.Info("{Store} was removed from the cluster", store);
            _spec.Transport.Tell(new Forget(store));
        }
        GreetAll();
    }

    // Nothing may be said that follows from what is not durable.
    private void Settle()
    {
        var record = _introductions.Record;
        if (record.Equals(_saved))
        {
            Announce();
            return;
        }
        var self = Self;
        BecomeStacked(Saving);
        _spec.Save(record, failure => self.Tell(new Saved(record, failure)));
    }

    private void Announce()
    {
        foreach (var (to, reply) in _replies) to.Tell(reply);
        _replies.Clear();
        foreach (var contact in _introductions.Contacts)
        {
            if (contact.Accepted == _listening.GetValueOrDefault(contact.Store)) continue;
            _listening[contact.Store] = contact.Accepted;
            _pause = ShortestPause;
            _log.Info("{Store} is accepted: directory {Directory}, start {Starts}",
                contact.Store, contact.Known!.Directory, contact.Known.Starts);
            _spec.Transport.Tell(new Listen(contact.Store, contact.Accepted));
            Greet(contact);
        }
        if (_introductions.Ending is not null) End();
        else if (_saved.IsFormed && !_formed) Begin();
    }

    private void Begin()
    {
        _formed = true;
        // What placement has said before this store knew of its own cluster.
        _introductions.Follow(_spec.Registered());
        if (!_saved.IsBootstrapped && _saved.Initial.Contains(_spec.Self))
            _log.Info("The cluster of the initial stores {Stores} is formed", Acceptance.Show(_saved.Initial));
        _spec.Regions.Tell(Regions.Begin.Instance);
    }

    // Whoever was told other stores says so to all before it ends, so that none of them forms a cluster.
    private void End()
    {
        var ending = _introductions.Ending!;
        if (_farewell is null)
        {
            _farewell = Now + _spec.Farewell;
            if (ending.ConcernsOthers) GreetAll();
        }
        var isHeard = !ending.ConcernsOthers || _introductions.Contacts.All(contact => contact.HasHeardEnding);
        if (_ended || (!isHeard && Now < _farewell)) return;
        _ended = true;
        StoreFailed.Publish(Context.System, ending.Text, misconfigured: ending.Misconfigured);
    }

    // Whatever arrives was written by others: nothing in it may stop this actor.
    private void Read(object message, Action hear)
    {
        try
        {
            hear();
        }
        catch (MalformedMessageException e)
        {
            _metrics.Refused("malformed");
            _said.Stranger(Sender.Path.Address, $"{message.GetType().Name}: {e.Message}");
        }
    }

    private void Hear(StoreHello hello)
    {
        var isThere = IsAtItsPlace(hello.From);
        // Who is not where the configuration says is answered, and otherwise of no account.
        var refusal = isThere ? _introductions.Hear(hello) : Misplaced(hello);
        if (refusal is not null)
        {
            _metrics.Refused(HandshakeMetrics.NameOf(refusal.Kind));
            if (isThere) _said.Refused(hello.From, refusal.Text);
            else _said.Stranger(Sender.Path.Address, refusal.Text);
        }
        if (!Sender.Equals(Context.System.DeadLetters))
            _replies.Add((Sender, HelloWire.ToWire(_spec.Cluster, hello.From,
                new StoreHelloReply(
                    _spec.Self, _introductions.Record.Incarnation, hello.Directory, hello.Incarnation, refusal))));
        if (!isThere || refusal is { Kind: RefusalKind.Cluster }) return;
        LinkTo(hello.From).Spoke(Now);
        // One that has just been started need not wait until it is its turn.
        if (_greeted.GetValueOrDefault(hello.From) == hello.Incarnation) return;
        _greeted[hello.From] = hello.Incarnation;
        if (refusal is not null && _introductions.ContactOf(hello.From) is { } contact) Greet(contact);
    }

    private StoreRefusal Misplaced(StoreHello hello) => _introductions.Judge(hello) ?? new StoreRefusal(
        RefusalKind.Cluster, $"{hello.From} speaks from {Sender.Path.Address}, but is configured to be at "
        + string.Join(" or ", _spec.At(hello.From).Select(there => there.Path.Address)));

    private void Hear(Wire.StoreHelloReply wire)
    {
        var reply = HelloWire.FromWire(wire);
        if (wire.ClusterId != _spec.Cluster && reply.Refusal is null) return;
        if (wire.ToStore != _spec.Self.Value || !IsAtItsPlace(reply.From)) return;
        var before = _introductions.ContactOf(reply.From)?.RefusedBy;
        if (!_introductions.Hear(reply))
        {
            LinkTo(reply.From).Spoke(Now);
            return;
        }
        LinkTo(reply.From).Answered(Now);
        if (reply.Refusal is { } refusal && refusal != before)
            _said.Refused(reply.From, $"{reply.From} does not accept this store: {refusal.Text}");
    }

    private bool IsAtItsPlace(StoreId store)
    {
        var places = _spec.At(store);
        for (var place = 0; place < places.Count; place++)
        {
            if (places[place].Path.Address != Sender.Path.Address) continue;
            if (place > 0) _spec.Heard(store, place);
            return true;
        }
        return false;
    }

    private LinkWatch LinkTo(StoreId store)
    {
        if (!_links.TryGetValue(store, out var link))
            _links[store] = link = new LinkWatch(_spec.Record.Incarnation, _spec.LinkTimeout);
        return link;
    }

    private void OnTick()
    {
        GreetAll();
        foreach (var contact in _introductions.Contacts)
        {
            if (!LinkTo(contact.Store).IsDead(Now) || _spec.At(contact.Store) is not [var there, ..]) continue;
            _log.Debug("{Store} does not answer; reconnecting", contact.Store);
            Context.System.EventStream.Publish(new StoreUnheard(there.Path.Address, LinkTo(contact.Store).LastHeard));
            _spec.Reconnect(there);
        }
        var missing = Describe().Others.Where(other => other.State != "accepted")
            .Select(other => $"{other.Store} at {AddressOf(other.Store)}: {other.Reason}").ToList();
        if (!_saved.IsFormed && missing.Count > 0) _said.Waiting(string.Join("; ", missing));
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        ArmTimer();
    }

    private void ArmTimer() => Timers.StartSingleTimer(Tick.Instance, Tick.Instance, _pause);

    private void GreetAll()
    {
        foreach (var contact in _introductions.Contacts) Greet(contact);
    }

    // Those that know each other greet on, so that a connection that carries nothing is noticed: what Raft says goes
    // elsewhere, and what is forwarded to leaders expects that somebody else takes care of it.
    private bool MustProbe(Contact contact) =>
        _introductions.Ending is null && Now - LinkTo(contact.Store).LastSent >= _spec.LinkTimeout / 2;

    private void Greet(Contact contact)
    {
        if (!_introductions.MustGreet(contact) && !MustProbe(contact)) return;
        if (_spec.At(contact.Store) is not [var there, ..]) return;
        LinkTo(contact.Store).Send(Now);
        there.Tell(HelloWire.ToWire(_introductions.HelloTo(contact.Store)));
    }

    private string AddressOf(StoreId store)
    {
        if (_spec.At(store) is not [var there, ..]) return "an unknown address";
        var address = there.Path.Address;
        return $"{address.Host}:{address.Port}";
    }

    private Acquaintance Describe() =>
        new(_saved, [.. _introductions.Contacts.Select(contact => Describe(contact))]);

    private static AcquaintedStore Describe(Contact contact) => contact switch
    {
        { IsIntroduced: true } => new(contact.Store, "accepted", ""),
        { Refused: { } refusal } => new(contact.Store, "refused", refusal.Text),
        { RefusedBy: { } refusal } => new(contact.Store, "refuses", refusal.Text),
        _ => new(contact.Store, "waiting", "it has not answered since this store was started"),
    };

    /// <summary>Others are greeted again.</summary>
    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>What is known is durable, or was not written.</summary>
    private sealed record Saved(StoreRecord Record, Exception? Failure);
}
