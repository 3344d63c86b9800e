using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A message under way, with when it left: by the simulation's steps and by the sender's clock.
/// </summary>
internal readonly record struct Packet(RaftEnvelope Envelope, long SentStep, long SentClock);

/// <summary>
/// Carries messages in any order, more than once or never, over links that fail in each direction.
/// </summary>
internal sealed class Network(int members, Random random, Faults faults, Marks<Mark> marks)
{
    private readonly List<Packet> _inFlight = [];
    private readonly Dictionary<(PeerId From, PeerId To), Packet> _heartbeats = [];
    private readonly HashSet<(PeerId From, PeerId To)> _cut = [];

    /// <summary>Whether failed links lose what is sent over them, or hold it back.</summary>
    public bool CutsLose { get; set; } = faults.CutsLose;

    /// <summary>Takes a message from its sender.</summary>
    public void Send(Packet packet)
    {
        if (packet.Envelope.Message is RaftMessage.Heartbeat) _heartbeats[(packet.Envelope.From, packet.Envelope.To)] = packet;
        if (IsCut(packet.Envelope))
        {
            if (CutsLose) return;
            marks.Hit(Mark.MessageHeldByCut);
        }
        _inFlight.Add(packet);
        // Links that hold messages back must not hoard them without bound.
        if (_inFlight.Count > 100 * members) _inFlight.RemoveAt(random.Next(_inFlight.Count));
    }

    /// <summary>
    /// The next message to arrive, if any can: mostly the oldest, sometimes one that overtakes it.
    /// </summary>
    public bool TryTake(Func<PeerId, bool> listens, out Packet packet)
    {
        packet = default;
        if (_inFlight.Count == 0) return false;
        var overtakes = random.Percent(faults.Reorder);
        var start = overtakes ? random.Next(_inFlight.Count) : 0;
        if (!TryTakeFrom(start, listens, out packet)) return false;
        marks.HitIf(overtakes && start > 0, Mark.MessageOvertaken);
        if (random.Percent(faults.Lose))
        {
            marks.Hit(Mark.MessageLost);
            return false;
        }
        if (random.Percent(faults.Duplicate))
        {
            marks.Hit(Mark.MessageDuplicated);
            _inFlight.Add(packet);
        }
        return true;
    }

    /// <summary>The last heartbeat that one has sent to another, which may arrive again.</summary>
    public Packet LastHeartbeat(PeerId from, PeerId to) => _heartbeats[(from, to)];

    /// <summary>The oldest message that no failed link holds back.</summary>
    public bool TryTakeOldest(out Packet packet) => TryTakeFrom(0, _ => true, out packet);

    /// <summary>Everything that <paramref name="sender"/> sent and that has not arrived is lost.</summary>
    public void LoseFrom(PeerId sender) => _inFlight.RemoveAll(packet => packet.Envelope.From == sender);

    /// <summary>The link fails, in this direction.</summary>
    public void Cut(PeerId from, PeerId to)
    {
        if (from != to) _cut.Add((from, to));
    }

    /// <summary>The link recovers, in this direction.</summary>
    public void Heal(PeerId from, PeerId to) => _cut.Remove((from, to));

    /// <summary>All links recover.</summary>
    public void HealAll() => _cut.Clear();

    private bool TryTakeFrom(int start, Func<PeerId, bool> listens, out Packet packet)
    {
        for (var i = start; i < _inFlight.Count; i++)
        {
            packet = _inFlight[i];
            if (IsCut(packet.Envelope) || !listens(packet.Envelope.To)) continue;
            _inFlight.RemoveAt(i);
            return true;
        }
        packet = default;
        return false;
    }

    private bool IsCut(RaftEnvelope envelope) => _cut.Contains((envelope.From, envelope.To));
}
