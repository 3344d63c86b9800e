using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Which requests a replica takes, and when it answers them.</summary>
internal static class AdmissionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("admission",
    [
        new("a write acknowledged when it is proposed", [Rule.Linearizability], 1, "RaftPeer",
            "entries.Add(head.Request.Command, head.Request.MayShareEntry);",
            """
            entries.Add(head.Request.Command, head.Request.MayShareEntry);
            if (head.Request.MayShareEntry) head.Asker.Tell(TinyKv.Core.Commands.Written.Instance);
            """,
            "Another leader overwrites it."),
        new("an answer by index alone", [Rule.Linearizability], 11, "PendingProposals",
            "head.Position == applied",
            "head.Position.Index == applied.Index",
            "Who waits for a displaced command is told that it was applied."),
        new("a read of a leader that nobody confirms", [Rule.Linearizability], 8, "RaftPeer",
            "Perform(_core.ReadIndex([_lastRead]));",
            "Grant([new ReadGrant(_lastRead, _core.Commit)]);",
            "A leader that was replaced keeps answering."),
        new("a read answered by whoever is asked", [Rule.Linearizability], 5, "RaftPeer",
            "case RegionRequest request: Refuse(Sender, request, Member(_core.Leader)); break;",
            """
            case Read: _spec.Applier.Tell(new ServeReads(0, _core.Term, [Sender])); break;
            case RegionRequest request: Refuse(Sender, request, Member(_core.Leader)); break;
            """,
            "Followers are behind."),
        new("a read context used again", [Rule.Linearizability], 11, "RaftPeer",
            "_confirming.Add(++_lastRead, [.. _readers]);",
            "_confirming[_lastRead = 1] = [.. _confirming.GetValueOrDefault(1, []), .. _readers];",
            "A round that left before a read began confirms it."),
        new("proposals kept when the leadership is lost", [Rule.NothingThrows], 21, "RaftPeer",
            """
            RefuseQueued();
            Become(Following);
            """,
            "Become(Following);",
            "They are proposed by one that does not lead."),
        new("requests admitted by a follower", [Rule.NothingThrows], 1, "RaftPeer",
            "case RegionRequest request: Refuse(Sender, request, Member(_core.Leader)); break;",
            "case RegionRequest request: Admit(Sender, request); break;",
            "They are proposed by one that does not lead."),
        new("a lease that a pause does not age", [Rule.Linearizability], 198, "RaftPeer",
            "for (; now - _ticked >= _spec.TickInterval; _ticked += _spec.TickInterval) Perform(_core.Tick());",
            """
            if (now - _ticked >= _spec.TickInterval)
            {
                _ticked = now;
                Perform(_core.Tick());
            }
            """,
            "A store that stood still answers from a lease that has run out."),
    ]);
}
