using System.Buffers.Binary;
using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Proposes and reads at whoever leads, or believes to. A proposal is acknowledged when the member that took
/// it applies the entry that it was promised, at its position and of its term, within the same life.
/// </summary>
internal sealed class Clients(Cluster cluster)
{
    private readonly Dictionary<(Node Node, LogPosition Position), int> _open = [];
    private readonly List<int> _acknowledged = [];
    private int _lastCommand;
    private long _lastRead;

    /// <summary>
    /// Proposes some commands at <paramref name="node"/>, which leads; the position of the last.
    /// </summary>
    public LogPosition? Propose(Node node, int count)
    {
        var commands = Enumerable.Range(0, count).Select(_ => NewCommand()).ToArray();
        var bytes = commands.Sum(command => (long)command.Length);
        if (node.Core.Transferee != PeerId.None)
        {
            cluster.Marks.Hit(Mark.ProposalHeldByTransfer);
            return null;
        }
        if (!node.Core.HasRoomFor(bytes))
        {
            Judge.Holds(Rule.Serves, node.Machine.Applied < node.Core.Last.Index,
                $"{node.Id} has no room, but nothing to do");
            cluster.Marks.Hit(Mark.ProposalRefusedBusy);
            return null;
        }
        var (before, last) = (node.View, node.Core.Last);
        cluster.Trace.Add($"{node.Id} is proposed {count} commands of {bytes} bytes after {last}");
        var effects = node.Feed(core => core.Propose(commands), before);
        var entries = effects.Store?.Entries ?? [];
        Judge.Holds(Rule.AppliedInOrder, entries.Length == count && entries[0].Index == last.Index + 1,
            $"{node.Id} took {count} commands after {last} and stores {entries.Length}");
        for (var i = 0; i < count; i++)
        {
            Judge.Holds(Rule.AppliedInOrder,
                entries[i].Term == before.Term && entries[i].Data.Span.SequenceEqual(commands[i].Span),
                $"{node.Id} stores something else at {entries[i].Position}");
            _open.Add((node, entries[i].Position), CommitRules.NumberOf(entries[i]));
        }
        return entries[^1].Position;
    }

    /// <summary>Reads at <paramref name="node"/>, which leads.</summary>
    public void Read(Node node, int count)
    {
        var contexts = Enumerable.Range(0, count).Select(_ => ++_lastRead).ToArray();
        cluster.Trace.Add($"{node.Id} is asked for reads {contexts[0]}..{contexts[^1]}");
        foreach (var context in contexts) cluster.Invariants.Reads.Begin(node, context);
        node.Feed(core => core.ReadIndex(contexts), node.View);
    }

    /// <summary>A member applied an entry: whoever waits for it is answered.</summary>
    public void Applied(Node node, Entry entry)
    {
        if (!_open.Remove((node, entry.Position), out var command)) return;
        Judge.Holds(Rule.AcknowledgedStays, command == CommitRules.NumberOf(entry),
            $"{node.Id} applied another command than promised");
        _acknowledged.Add(command);
        cluster.Marks.Hit(Mark.ProposalAcknowledged);
    }

    /// <summary>A member has lost its memory; its clients will never know.</summary>
    public void Forget(Node node)
    {
        foreach (var key in _open.Keys)
            if (key.Node == node) _open.Remove(key);
    }

    /// <summary>
    /// Checks, at the end, that what was acknowledged is there, and that the rest was overtaken.
    /// </summary>
    public void CheckAcknowledged()
    {
        var committed = cluster.Invariants.Commits.Commands;
        foreach (var command in _acknowledged)
            Judge.Holds(Rule.AcknowledgedStays, committed.Contains(command), $"command {command} was acknowledged and is lost");
        foreach (var ((node, _), command) in _open)
        {
            if (cluster.Leader!.Log.Members.Find(node.Id) is null) continue; // who is removed may never know
            Judge.Holds(Rule.AcknowledgedStays, !committed.Contains(command),
                $"command {command} is committed and not acknowledged");
            cluster.Marks.Hit(Mark.ProposalOvertaken);
        }
    }

    private ReadOnlyMemory<byte> NewCommand()
    {
        var bytes = new byte[cluster.Random.Next(sizeof(int), 40)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, ++_lastCommand);
        return bytes;
    }
}
