using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Akka.Serialization;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Simulation.Common;
using StoreHello = TinyKv.Core.Stores.StoreHello;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Carries messages between processes, as bytes, so that no two share memory. It may lose, repeat, delay and reorder
/// them; a cut, in one direction, either loses what is sent or keeps it until it is mended.
/// </summary>
internal sealed class SimNetwork(World world, LinkPlan plan)
{
    // What is sent when faults end arrives before everything must work again.
    private static readonly TimeSpan LongestQueue = NodePlan.CalmBegins - NodePlan.ChaosEnds - TimeSpan.FromSeconds(4);

    private readonly Random _random = world.NewRandom();
    private readonly HashSet<(Machine From, Machine To)> _cuts = [];
    private readonly Dictionary<Machine, (long Since, double Rate)> _congested = [];
    private readonly HashSet<(Process From, Process To)> _dead = [];
    private readonly List<Parcel> _held = [];
    private readonly Dictionary<(Machine From, Machine To), long> _lastArrival = [];
    private readonly StepRules _steps = new(world);
    private SimConnections? _links;

    /// <summary>Whether messages may still get lost and be repeated.</summary>
    public bool IsCalm { get; set; }

    /// <summary>The connections that carry what replicas say; the rest is carried here.</summary>
    public SimConnections Links => _links ??= new SimConnections(world, this, plan.CutsLose);

    /// <summary>A process has something to say to the replicas of another, over its connection there. Raft minds nothing that
    /// happens to a batch.</summary>
    public void Speak(Process from, Recipient to, RaftBatch batch, IActorRef link)
    {
        Inspect(from, to, batch);
        if (!IsCalm && _random.Percent(plan.Lose))
        {
            world.Marks.Hit(NodeMark.MessageLost);
            return;
        }
        link.Tell(batch, ActorRefs.NoSender);
        if (IsCalm || !_random.Percent(plan.Duplicate)) return;
        world.Marks.Hit(NodeMark.MessageDuplicated);
        world.After(Latency(), () => link.Tell(batch, ActorRefs.NoSender), from);
    }

    /// <summary>Whether nothing gets from one machine to another.</summary>
    public bool IsCut(Machine from, Machine to) => _cuts.Contains((from, to));

    /// <summary>How long something takes to a machine that leaves now.</summary>
    public TimeSpan LatencyTo(Machine to) => Latency() + new TimeSpan(Delay(to));

    /// <summary>A process tells an actor of another something.</summary>
    public void Send(Process from, Recipient to, object message, IActorRef sender)
    {
        if (world.Cluster.Hostility is { } hostility && hostility.SpeaksFor(to.Machine))
            hostility.Store.Hear(from, message, sender);
        Count(message);
        if (message is RegionReply answer) _steps.Leaves(from.Machine, answer, to.Actor);
        var isRequest = message is IRawRequest or RequestEnvelope;
        if (isRequest && to.Now() is null && _random.Percent(50))
        {
            NeverLeft(from, to, message, sender);
            return;
        }
        var serializer = from.System.Serialization.FindSerializerFor(message);
        var parcel = new Parcel(from, to, serializer.ToBinary(message), serializer.Identifier,
            Serialization.ManifestFor(serializer, message), sender);
        if (!IsCalm && _random.Percent(plan.Lose))
        {
            Note(NodeMark.MessageLost, parcel);
            world.Marks.HitIf(message is RegionReply, NodeMark.StepAnswerLost);
            return;
        }
        Transmit(parcel);
        // Remoting delivers at most once, and who forwards a write relies on it; Raft does not.
        if (IsCalm || isRequest || !_random.Percent(plan.Duplicate)) return;
        Note(NodeMark.MessageDuplicated, parcel);
        Transmit(parcel);
    }

    /// <summary>The way from one machine to another is cut.</summary>
    public void Cut(Machine from, Machine to)
    {
        if (from == to || !_cuts.Add((from, to))) return;
        world.Marks.Hit(NodeMark.LinkCut);
        world.Marks.HitIf(!_cuts.Contains((to, from)), NodeMark.CutOneWay);
        world.Trace.Add($"{world.Clock} cut {from.Name} -> {to.Name}");
    }

    /// <summary>
    /// More is sent to a machine than the ways to it carry: what is sent later arrives ever later, by
    /// <paramref name="rate"/> of the time that has passed since now. The others hear the machine as before.
    /// </summary>
    public void Congest(Machine machine, double rate)
    {
        world.Trace.Add($"{world.Clock} ways to {machine.Name} fall behind");
        _congested[machine] = (world.Now, rate);
    }

    /// <summary>All ways are open again, and as fast as before.</summary>
    public void Mend()
    {
        if (_cuts.Count + _congested.Count > 0) world.Trace.Add($"{world.Clock} links mended");
        _cuts.Clear();
        _congested.Clear();
        foreach (var parcel in _held) Transmit(parcel);
        _held.Clear();
        Links.Mend();
    }

    /// <summary>
    /// The connection between two processes carries nothing in one direction any more, until it is re-established or one of
    /// them ends.
    /// </summary>
    public void Deaden(Machine from, Machine to)
    {
        if (from == to || from.Process is not { } speaker || to.Process is not { } listener) return;
        if (_dead.Contains((listener, speaker)) || !_dead.Add((speaker, listener))) return;
        Links.Deaden(speaker, listener);
        world.Marks.Hit(NodeMark.LinkDied);
        world.Trace.Add($"{world.Clock} connection {from.Name} -> {to.Name} dies");
    }

    /// <summary>A process re-establishes its connection to a machine.</summary>
    public void ConnectAnew(Process from, string machine)
    {
        world.Trace.Add($"{world.Clock} {from.Machine.Name} reconnects to {machine}");
        var mended = _dead.RemoveWhere(link => (link.From == from && link.To.Machine.Host == machine)
            || (link.To == from && link.From.Machine.Host == machine));
        world.Marks.HitIf(mended > 0, NodeMark.LinkMadeAnew);
        // One that has registered and does not run is reconnected to, too.
        if (world.Cluster.Machines.FirstOrDefault(each => each.Host == machine) is { } to) Break(from.Machine, to);
    }

    /// <summary>All connections of a machine break at once.</summary>
    public void Break(Machine machine)
    {
        foreach (var other in world.Cluster.Machines)
            if (other != machine) Break(machine, other);
    }

    /// <summary>The process on a machine has ended; some of the others notice by their connections to it.</summary>
    public void Disconnect(Machine ended)
    {
        Links.Disconnect(ended);
        foreach (var machine in world.Cluster.Machines)
        {
            if (machine == ended || machine.Process is not { } process || !_random.Percent(50)) continue;
            world.After(Latency(), () => TellBroken(process, ended), process);
        }
    }

    /// <summary>
    /// Connections are made that were meant for another cluster, another store or another start, or are of a start that nobody
    /// has accepted; and over such as are as they should be come batches of which that is true, or which are of another store:
    /// a leader says how its log begins.
    /// </summary>
    public void SendStrays(Machine to)
    {
        if (world.Cluster.Machines.FirstOrDefault(machine => machine != to) is not { } from) return;
        foreach (var wrong in (ReadOnlySpan<NodeMark>)[NodeMark.BatchOfAnotherCluster, NodeMark.BatchForAnotherStore,
            NodeMark.BatchFromElsewhere, NodeMark.BatchOfAnotherIncarnation, NodeMark.HelloOfAnotherCluster,
            NodeMark.HelloForAnotherStore, NodeMark.HelloOfAnotherIncarnation, NodeMark.HelloToAnotherIncarnation])
            SendStray(from, to, wrong);
    }

    // All that is said over the connection but for what is wrong is what the store would say.
    private void SendStray(Machine from, Machine to, NodeMark wrong)
    {
        var speaker = wrong == NodeMark.BatchFromElsewhere
            ? world.Cluster.Machines.FirstOrDefault(machine => machine != to && machine != from) : from;
        if (speaker is null) return;
        world.Marks.Hit(wrong);
        world.Trace.Add($"{world.Clock} stray to {to.Name}: {wrong}");
        Links.SendStray(to, new LinkHello
        {
            Protocol = StoreHello.CurrentProtocol,
            ClusterId = NodeCluster.ClusterId + (wrong == NodeMark.HelloOfAnotherCluster ? 1UL : 0),
            FromStore = speaker.Store.Value,
            ToStore = to.Store.Value + (wrong == NodeMark.HelloForAnotherStore ? 1UL : 0),
            Incarnation = (speaker.Disk.Record?.Incarnation ?? 0) + (wrong == NodeMark.HelloOfAnotherIncarnation ? 1UL : 0),
            Accepts = (to.Disk.Record?.Incarnation ?? 0) + (wrong == NodeMark.HelloToAnotherIncarnation ? 1UL : 0),
            Traffic = (uint)LinkTraffic.Raft,
        }, StrayBatch(from, to, wrong));
    }

    private RaftBatch StrayBatch(Machine from, Machine to, NodeMark wrong)
    {
        var stray = new RaftBatch
        {
            ClusterId = NodeCluster.ClusterId + (wrong == NodeMark.BatchOfAnotherCluster ? 1UL : 0),
            FromStore = from.Store.Value,
            ToStore = to.Store.Value + (wrong == NodeMark.BatchForAnotherStore ? 1UL : 0),
            Incarnation = (from.Disk.Record?.Incarnation ?? 0) + (wrong == NodeMark.BatchOfAnotherIncarnation ? 1UL : 0),
        };
        var entry = new Entry(new LogPosition(6, 1000), EntryKind.NoOp, default);
        foreach (var region in world.Cluster.Regions)
        {
            stray.Messages.Add(RaftWire.ToWire(region.Id, new RaftEnvelope(
                world.Cluster.PeerOn(from, region.Id).Id, world.Cluster.PeerOn(to, region.Id).Id, entry.Term,
                new RaftMessage.Append(new LogPosition(5, 5), [entry], entry.Index))));
        }
        return stray;
    }

    /// <summary>Bytes arrive at once as over a connection of a store, whoever has sent them.</summary>
    public void ForgeBatch(Machine to, Machine from, byte[] bytes)
    {
        if (new Recipient(to, RaftTransport.Name).Now() is not { } receiver) return;
        world.Trace.Mix(Digest.Of(bytes));
        receiver.Actor.Tell(new EncodedRaftBatch(bytes),
            new RemoteRef(receiver.Process, new Recipient(from, RaftTransport.Name)));
    }

    /// <summary>A message arrives at once, from whom it says, whoever has sent it.</summary>
    /// <returns>Whether there was a message in the bytes; remoting drops what is none.</returns>
    public bool Forge(Recipient to, Recipient from, object message, Func<byte[], byte[]> damage)
    {
        if (to.Now() is not { } receiver) return true;
        var serialization = receiver.Process.System.Serialization;
        var serializer = serialization.FindSerializerFor(message);
        var bytes = damage(serializer.ToBinary(message));
        world.Trace.Mix(Digest.Of(bytes));
        try
        {
            var arrived = serialization.Deserialize(
                bytes, serializer.Identifier, Serialization.ManifestFor(serializer, message));
            receiver.Actor.Tell(arrived, new RemoteRef(receiver.Process, from));
            return true;
        }
        catch (MalformedMessageException)
        {
            return false;
        }
    }

    // As remoting does when there is no connection.
    private void NeverLeft(Process from, Recipient to, object message, IActorRef sender)
    {
        world.Marks.Hit(NodeMark.RequestNeverLeft);
        world.Marks.HitIf(message is RequestEnvelope { Requests.Count: > 0 }, NodeMark.EnvelopeNeverLeft);
        world.Trace.Add($"{world.Clock} {from.Machine.Name} -> {to.Machine.Name} {NodeMark.RequestNeverLeft}");
        from.System.EventStream.Publish(new DeadLetter(message, sender, ActorRefs.Nobody));
    }

    private void Break(Machine one, Machine other)
    {
        Links.Break(one, other);
        if (one.Process is { } process) TellBroken(process, other);
        if (other.Process is { } peer) TellBroken(peer, one);
    }

    private void TellBroken(Process process, Machine other)
    {
        world.Marks.Hit(NodeMark.ConnectionBroke);
        world.Trace.Add($"{world.Clock} {process.Machine.Name} has lost its connection to {other.Name}");
        process.System.EventStream.Publish(
            new DisassociatedEvent(RemoteRef.AddressOf(process.Machine), RemoteRef.AddressOf(other), inbound: false));
    }

    private void Transmit(Parcel parcel)
    {
        if (parcel.To.Machine.Process is { } listener && _dead.Contains((parcel.From, listener)))
        {
            Note(NodeMark.MessageIntoDeadLink, parcel);
            return;
        }
        if (_cuts.Contains(parcel.Way))
        {
            Note(plan.CutsLose ? NodeMark.MessageCut : NodeMark.MessageHeldByCut, parcel);
            if (!plan.CutsLose) _held.Add(parcel);
            return;
        }
        var arrival = world.Now + Latency().Ticks + Delay(parcel.To.Machine);
        if (plan.KeepsOrder) arrival = Math.Max(arrival, _lastArrival.GetValueOrDefault(parcel.Way));
        else world.Marks.HitIf(arrival < _lastArrival.GetValueOrDefault(parcel.Way), NodeMark.MessageOvertaken);
        _lastArrival[parcel.Way] = arrival;
        world.After(new TimeSpan(arrival - world.Now), () => Deliver(parcel));
    }

    private void Deliver(Parcel parcel)
    {
        if (parcel.To.Now() is not { } receiver)
        {
            Note(parcel.To.Actor is null ? NodeMark.MessageToNobody : NodeMark.AnswerToNobody, parcel);
            return;
        }
        world.Trace.Mix(Digest.Of(parcel.Bytes));
        var message = receiver.Process.System.Serialization.Deserialize(parcel.Bytes, parcel.Serializer, parcel.Manifest);
        if (message is RegionMembers step) _steps.Arrives(receiver.Process.Machine, step, parcel.Sender);
        var sender = parcel.Sender is RemoteRef || parcel.Sender.IsNobody()
            ? ActorRefs.NoSender
            : new RemoteRef(receiver.Process,
                new Recipient(parcel.From.Machine, parcel.Sender.Path.Name, parcel.From, parcel.Sender));
        receiver.Actor.Tell(message, sender);
    }

    private void Count(object message)
    {
        switch (message)
        {
            case IRawRequest:
                world.Marks.Hit(NodeMark.RequestForwarded);
                break;
            case RequestEnvelope envelope:
                world.Marks.HitIf(envelope.Requests.Count == 0, NodeMark.LinkProbed);
                world.Marks.HitIf(envelope.Requests.Count > 0, NodeMark.EnvelopeForwarded);
                world.Marks.HitIf(envelope.Requests.Count > 1, NodeMark.ManyForwarded);
                break;
            case IRawReply reply:
                Count(reply);
                break;
            case ReplyEnvelope replies:
                foreach (var reply in replies.Replies)
                    if (reply.Inner is { } inner) Count(inner);
                break;
        }
    }

    private void Count(IRawReply reply)
    {
        if (reply.RegionError is not { } error) return;
        world.Marks.Hit(NodeMark.ForwardRefused);
        world.Marks.HitIf(error.StaleCommand is not null, NodeMark.ForwardOfUnknownOutcome);
    }

    private void Inspect(Process from, Recipient to, RaftBatch batch)
    {
        foreach (var message in batch.Messages)
        {
            var envelope = RaftWire.FromWire(message);
            world.Trace.Add($"{world.Clock} {from.Machine.Name} -> {to.Machine.Name} r{message.RegionId} {Show(envelope)}");
            world.Cluster.Rules.Leaves(from.Machine, new RegionId(message.RegionId), envelope);
            world.Cluster.Splits.Sent(to.Machine, new RegionId(message.RegionId), envelope.Message);
        }
    }

    private static string Show(RaftEnvelope envelope) => envelope.Message is RaftMessage.Append append
        ? $"term {envelope.Term} Append after {append.Previous} " +
            $"[{string.Join(' ', append.Entries.Select(entry => entry.Position))}] commit {append.Commit}"
        : $"term {envelope.Term} {envelope.Message}";

    private long Delay(Machine to) => _congested.TryGetValue(to, out var delay)
        ? Math.Min((long)((world.Now - delay.Since) * delay.Rate), LongestQueue.Ticks) : 0;

    private TimeSpan Latency()
    {
        var (shortest, longest) = plan.Latency;
        var latency = new TimeSpan(_random.NextInt64(shortest.Ticks, longest.Ticks + 1));
        return !IsCalm && _random.Percent(plan.Late) ? latency * 100 : latency;
    }

    private void Note(NodeMark mark, Parcel parcel)
    {
        world.Marks.Hit(mark);
        world.Trace.Add($"{world.Clock} {parcel.From.Machine.Name} -> {parcel.To.Machine.Name} {mark}");
    }

    private sealed record Parcel(
        Process From, Recipient To, byte[] Bytes, int Serializer, string Manifest, IActorRef Sender)
    {
        public (Machine From, Machine To) Way => (From.Machine, To.Machine);
    }
}
