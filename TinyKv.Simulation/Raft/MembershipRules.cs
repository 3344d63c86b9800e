using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Members are who the log says, and change one by one: then majorities that follow each other have somebody in common.
/// </summary>
internal sealed class MembershipRules(Cluster cluster)
{
    /// <summary>Checks a record that a member is about to store.</summary>
    public void Storing(Node node, View before, RaftRecord record)
    {
        var log = node.Log;
        if (!record.Entries.IsEmpty && record.Entries[0].Index <= log.MembersIndex) cluster.Marks.Hit(Mark.ChangeRolledBack);
        if (!before.Leads || !node.Leads || before.Term != node.Core.Term) return;
        foreach (var entry in record.Entries)
            if (entry.Kind == EntryKind.Configuration) Changing(node, before, entry);
    }

    /// <summary>Checks a member that took an input.</summary>
    public void AfterInput(Node node, Effects effects)
    {
        Judge.Holds(Rule.MembersFollowTheLog, node.Core.Configuration.Equals(node.Log.Members),
            $"{node.Id} knows the members {node.Core.Configuration}, its log says {node.Log.Members}");
        var removed = false;
        foreach (var entry in effects.Apply)
        {
            if (entry.Kind != EntryKind.Configuration) continue;
            cluster.Marks.Hit(Mark.ChangeCommitted);
            removed |= node.Log.MembersAt(entry.Index).Find(node.Id) is null
                && node.Log.MembersAt(entry.Index - 1).Find(node.Id) is not null;
        }
        Judge.Holds(Rule.RemovedAreTold, removed == effects.Removed,
            $"{node.Id} {(removed ? "is a member no more and" : "is told that it is a member no more and")} is {node.View}");
        Judge.Holds(Rule.RemovedLeadNobody,
            !node.Leads || node.Log.MembersIndex > node.Core.Commit || node.Log.Members.Find(node.Id) is not null,
            $"{node.Id} is a member no more and leads");
        cluster.Marks.HitIf(node.Leads && !node.Log.Members.IsVoter(node.Id), Mark.LeaderNotCounted);
        cluster.Marks.HitIf(!node.Leads && node.Core.Leader != PeerId.None
            && node.Core.Find(node.Core.Leader) is null, Mark.UnknownLeaderFollowed);
    }

    private void Changing(Node leader, View before, Entry entry)
    {
        var (log, next) = (leader.Log, ConfigurationCodec.Decode(entry.Data.Span));
        Judge.Holds(Rule.OneChangeAtATime, log.At(before.Commit).Term == before.Term,
            $"{leader.Id} changes members before it has committed anything in term {before.Term}");
        Judge.Holds(Rule.OneChangeAtATime, log.MembersIndex <= before.Commit,
            $"{leader.Id} changes members at {entry.Position}, and the change at {log.MembersIndex} is not committed");
        var (now, then) = (log.Members.Voters, next.Voters);
        Judge.Holds(Rule.OneChangeAtATime, now.Except(then).Count() + then.Except(now).Count() <= 1,
            $"{leader.Id} changes {log.Members} into {next}");
        foreach (var promoted in then.Except(now))
        {
            var last = cluster[promoted].Journal.Log.Last.Index;
            Judge.Holds(Rule.PromotedAreCaughtUp, log.Last.Index - last <= cluster.Plan.Options.MaxEntriesPerAppend,
                $"{leader.Id} with {log.Last} promotes {promoted}, whose log ends at {last}");
        }
    }
}
