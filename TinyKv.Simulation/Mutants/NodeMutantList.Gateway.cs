namespace TinyKv.Simulation.Mutants;

// What clients reach the store by.
internal static partial class NodeMutantList
{
    private const string Router = "TinyKv.Actors/Requests/RawRouter.cs";
    private const string Replies = "TinyKv.Actors/Requests/RawReplies.cs";
    private const string Scan = "TinyKv.Actors/Requests/ScanPage.cs";
    private const string Storage = "TinyKv.Actors/Requests/RaftStorage.cs";
    private const string Engine = "TinyKv.Simulation/Nodes/SimEngine.cs";

    private static Mutant[] Gateway =>
    [
        new("a forwarded write asked again after an unknown outcome", Router,
            " || Retries.MayBeDone(refusal, request.IsRead)", "",
            "It may be done twice, the second time over what others have written since."),
        new("a forwarded write asked again when no answer comes", Router,
            "request.IsRead ? AttemptTimeout : Timeout.InfiniteTimeSpan, time", "AttemptTimeout, time",
            "It may be done twice, the second time over what others have written since."),
        new("a forwarded write asked again after its connection broke", Router,
            "failure.MayBeDone ? request.OutcomeUnknown() : null", "null",
            "It may be done twice, the second time over what others have written since."),
        new("a write without an answer that passes for a refused one", Replies,
            "request.IsRead ? new RegionError.NotLeader(RegionId.First, null) : new RegionError.StaleCommand()",
            "new RegionError.NotLeader(RegionId.First, null)",
            "It may be done all the same, and is asked again."),
        new("a forgotten write that passes for a refused one", Apply,
            "asker.Tell(new RegionError.StaleCommand())", "asker.Tell(new RegionError.NotLeader(Region.Id, null))",
            "It may be done all the same, and is asked again."),
        new("a read that a gateway answers from its own store", Storage,
            "        return answer switch\n        {\n            Readable readable",
            "        if (answer is RegionError.NotLeader { Leader: not null })\n"
            + "            answer = new Readable(new Region(context.Region, KeyRange.All, context.Epoch!.Value, "
            + "[context.Peer!.Value]));\n"
            + "        return answer switch\n        {\n            Readable readable",
            "A follower is behind what others have been told."),
        new("a batch proposed write by write", Storage,
            "        return await ProposeAsync(context, null, batch, cancellation) as RegionError;",
            "        foreach (var each in batch)\n"
            + "            if (await ProposeAsync(context, null, [each], cancellation) is RegionError refusal) "
            + "return refusal;\n        return null;",
            "Others see a part of it, and a crash leaves a part of it."),
        new("a reverse scan that walks forwards", Scan,
            "request.Reverse ? reader.ReverseIterCF(family, range) : reader.IterCF(family, range)",
            "reader.IterCF(family, range)",
            "The pairs come in the wrong order, and a limit cuts the wrong ones."),
    ];

    private static Mutant[] Conditions =>
    [
        new("a condition decided before the write is proposed", Storage,
            "        return await ProposeAsync(context, condition, batch, cancellation) switch\n        {",
            "        var (reader, refused) = await ReaderAsync(context, cancellation);\n"
            + "        if (reader is null) return new OutcomeOrRefusal(null, refused);\n"
            + "        var current = reader.GetCF(condition.Family, condition.Key.Span);\n"
            + "        var met = new ConditionOutcome(condition.Holds(current), current);\n"
            + "        if (!met.Succeeded) return new OutcomeOrRefusal(met, null);\n"
            + "        return await ProposeAsync(context, null, batch, cancellation) switch\n        {\n"
            + "            Written => new OutcomeOrRefusal(met, null),",
            "What it was decided by may have changed when the write is applied."),
        new("a condition that does not see what its turn has written", Turn,
            "        if (!_fresh)\n", "        if (false)\n",
            "Of two that expect the same, applied together, both succeed."),
        new("a write whose condition has failed", Kv,
            "holds ? write.Batch : []", "write.Batch",
            "It overwrites what it was not meant to."),
        new("a range deletion to the end of the region", Batch,
            "range.Intersect(region.Range)", "region.Range with { Start = range.Start }",
            "It removes what is beyond the range, too."),
        new("a range deletion that does not see what its turn has put", Engine,
            "            _inner.DeleteRange(family, range);\n",
            "            using var seen = data.Snapshot();\n            using var pairs = seen.Iterate(family, range);\n"
            + "            while (pairs.MoveNext()) _inner.Delete(family, pairs.Key);\n",
            "A put that was applied together with it, before it, stays."),
    ];
}
