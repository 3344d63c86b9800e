using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>What clients reach the store by.</summary>
internal static class GatewayBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("gateway",
    [
        new("a forwarded write asked again after an unknown outcome", [Rule.Linearizability], 23, "Attempt",
            "if (Retries.MayBeDone(refusal, request.IsRead)) return null;",
            "",
            "It may be done twice, the second time over what others have written since."),
        new("a forwarded write asked again when no answer comes", [Rule.Linearizability], 19, "RawRouter",
            "request.IsRead ? AttemptTimeout : Timeout.InfiniteTimeSpan, time",
            "AttemptTimeout, time",
            "It may be done twice, the second time over what others have written since."),
        new("a forwarded write asked again after its connection broke", [Rule.Linearizability], 21, "RawRouter",
            "failure.MayBeDone ? request.OutcomeUnknown() : null",
            "null",
            "It may be done twice, the second time over what others have written since."),
        new("a forwarded write that was sent and passes for one that was not", [Rule.Linearizability], 9, "RawRouter",
            "if (!call.IsSent) attempt.NeverSent();",
            "attempt.NeverSent();",
            "It may be done all the same, and is asked again."),
        new("a write without an answer that passes for a refused one", [Rule.Linearizability], 9, "RawReplies",
            "request.IsRead ? new RegionError.NotLeader(RegionOf(request), null) : new RegionError.StaleCommand()",
            "new RegionError.NotLeader(RegionOf(request), null)",
            "It may be done all the same, and is asked again."),
        new("a forgotten write that passes for a refused one", [Rule.Linearizability], 188, "ApplyActor",
            "_answers.Tell(asker, new RegionError.StaleCommand())",
            "_answers.Tell(asker, new RegionError.NotLeader(Region.Id, null))",
            "It may be done all the same, and is asked again."),
        new("a batch proposed write by write", [Rule.WholeBatches], 3, "RaftStorage",
            "return await ProposeAsync(context, null, batch, cancellation) as RegionError;",
            """
            foreach (var each in batch)
                if (await ProposeAsync(context, null, [each], cancellation) is RegionError refusal) return refusal;
            return null;
            """,
            "Others see a part of it, and a crash leaves a part of it."),
        new("a reverse scan that walks forwards", [Rule.OrderedScans], 2, "ScanPage",
            "request.Reverse ? reader.ReverseIterCF(family, range) : reader.IterCF(family, range)",
            "reader.IterCF(family, range)",
            "The pairs come in the wrong order, and a limit cuts the wrong ones."),
    ]);
}
