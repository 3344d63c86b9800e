using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>What a checkpoint takes the place of is not needed any more, by anybody, whatever happens.</summary>
internal sealed class CompactionRules(Cluster cluster)
{
    /// <summary>Checks a checkpoint that a member is about to store.</summary>
    public void Storing(Node node, RaftCheckpoint checkpoint)
    {
        var (end, record) = (checkpoint.Initial.Truncated, checkpoint.Record);
        Judge.Holds(Rule.CheckpointsAreWhole,
            record.Term == node.Core.Term && record.Vote == node.Core.Vote && node.Log.Contains(end)
                && record.Entries.SequenceEqual(node.Log.After(end.Index))
                && checkpoint.Initial.Configuration.Equals(node.Log.MembersAt(end.Index)),
            $"{node.Id} is in term {node.Core.Term}, has voted for {node.Core.Vote} and has {node.Log.Last}; "
                + $"its checkpoint says {record.Term}, {record.Vote}, {record.Entries.Length} entries behind {end}");
        Judge.Holds(Rule.CompactedIsSynced, end.Index <= node.Machine.Flushed,
            $"{node.Id} compacts up to {end}, its engine has {node.Machine.Flushed} for good");
        foreach (var other in cluster.Nodes)
        {
            if (other.Journal.Log.Contains(end)) continue;
            Judge.Holds(Rule.CompactedIsEverywhere, cluster.Plan.Options.ProvidesSnapshots,
                $"{node.Id} compacts up to {end}, the disk of {other.Id} ends at {other.Journal.Log.Last}");
            cluster.Marks.HitIf(other != node, Mark.CompactedWithoutAMember);
        }
        cluster.Marks.HitIf(!record.Entries.IsEmpty, Mark.CheckpointWithRest);
        cluster.Marks.HitIf(end.Index < node.Machine.Flushed, Mark.KeptForAMember);
    }
}
