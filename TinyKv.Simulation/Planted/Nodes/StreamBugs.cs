using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>What comes in one message, and what becomes of it.</summary>
internal static class StreamBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("streams",
    [
        new("a reply given to another number", [Rule.Linearizability, Rule.NothingThrows], 1, "EnvelopeSession",
            "var numbered = NumberedReply.Of(call.Number, reply);",
            "var numbered = NumberedReply.Of(_calls.Count > 0 ? _calls.Keys.Max() : call.Number, reply);",
            "Who asked for one thing is told of another."),
        new("a late answer that is told all the same", [Rule.NothingThrows], 1, "Replies",
            "if (call.TryEnd()) _replies.Add((call, reply));",
            """
            call.TryEnd();
            _replies.Add((call, reply));
            """,
            "A request is answered twice."),
        new("an overdue write that passes for a refused one", [Rule.Linearizability], 44, "RawCall",
            "Sink.Reply([(this, Request.OutcomeUnknown())]);",
            "Sink.Reply([(this, Request.Refused(new TinyKv.Core.Regions.RegionError.NotLeader(null, null)))]);",
            "It may be done all the same, and is asked again."),
        new("a message refused as a whole when one of it is", [Rule.Linearizability], 7, "RaftPeer",
            "foreach (var (asker, request) in batch.Requests) Admit(asker, request);",
            """
            foreach (var (asker, request) in batch.Requests)
            {
                if (NoRoom(request) is { } full)
                {
                    foreach (var (each, _) in batch.Requests) _answers.Tell(each, full);
                    break;
                }
                Admit(asker, request);
            }
            """,
            "Those before it are done all the same, and are asked again."),
        new("a read of a message that nobody confirms", [Rule.Linearizability], 54, "RaftPeer",
            "foreach (var (asker, request) in batch.Requests) Admit(asker, request);",
            """
            foreach (var (asker, request) in batch.Requests)
            {
                if (request is Read) _spec.Applier.Tell(new ServeReads(_core.Commit, _core.Term, [asker]));
                else Admit(asker, request);
            }
            """,
            "A leader that was replaced keeps answering."),
        new("a message admitted by a follower", [Rule.NothingThrows], 1, "RaftPeer",
            "case RegionBatch batch: Refuse(batch, Member(_core.Leader)); break;",
            "case RegionBatch batch: Admit(batch); break;",
            "Its requests are proposed by one that does not lead."),
        new("an answer that all are told who are answered with it", [Rule.Linearizability, Rule.NothingThrows], 7, "CallGroup",
            "var call = Take((CallRef)asker, answer);",
            "var call = Take((CallRef)asker, answers[0].Answer);",
            "Who asked for one thing is told of another."),
        new("a view freed by the first of those that share it", [Rule.NothingThrows], 1, "ApplyActor",
            "(answer as ReadView)?.Acquire();",
            "",
            "The others read what is gone."),
    ]);
}
